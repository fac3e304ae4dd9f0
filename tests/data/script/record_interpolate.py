# SPDX-License-Identifier: MIT
"""Records what upstream Buildbot answers for each format of interpolate.json.

Run with the Python of an environment that has buildbot 4.3.0; writes interpolate.json beside this file.
"""
import json
import pathlib

from buildbot.config import ConfigErrors
from buildbot.plugins import util
from buildbot.process.properties import Properties
from twisted.internet import defer

PROPS = {'a': 'va', 'empty': '', 'none': None, 'zero': 0, 'num': 42, 'neg': -7, 'float': 1.5, 'whole': 2.0,
         'big': 1e22, 'yes': True, 'no': False, 'list': [1, 'two', None, True, 2.5], 'dict': {'k': ["it's", 'q"']},
         'e-list': [], 'e.dict': {}, 'uni': '\u00e9\u4e2d', 'with-dash': 'd', 'with.dot': '.', 'paren': 'p(q)r',
         'percent': '50%', 'nl': 'x\ny', '9': 'nine'}
KW = {'k': 'vk', 'empty': '', 'none': None, 'n': 3, 'x.y': 'xy', 'zero': 0}
SOURCES = {'': {'branch': 'main', 'revision': 'abc', 'repository': 'r', 'project': '', 'codebase': ''},
           'cb': {'branch': None, 'revision': 'def', 'repository': 'r2', 'project': 'p2', 'codebase': 'cb'}}
WORKER = {'admin': 'me', 'numcpus': 4, 'host': ''}

FORMATS = [
    '', 'plain', '%%', '100%%', '%(prop:a)s', 'x%(prop:a)sy', '%(prop:missing)s', '%(prop:empty)s', '%(prop:none)s',
    '%(prop:zero)s', '%(prop:num)s', '%(prop:float)s', '%(prop:whole)s', '%(prop:big)s', '%(prop:yes)s', '%(prop:no)s',
    '%(prop:list)s', '%(prop:dict)s', '%(prop:e-list)s', '%(prop:e.dict)s', '%(prop:uni)s', '%(prop:with-dash)s',
    '%(prop:with.dot)s', '%(prop:paren)s', '%(prop:percent)s', '%(prop:nl)s', '%(prop:9)s', '%(prop:a)s%(prop:a)s',
    '%(prop:a:-t)s', '%(prop:missing:-t)s', '%(prop:empty:-t)s', '%(prop:none:-t)s', '%(prop:zero:-t)s',
    '%(prop:no:-t)s', '%(prop:missing:-)s',
    '%(prop:a:~t)s', '%(prop:missing:~t)s', '%(prop:empty:~t)s', '%(prop:none:~t)s', '%(prop:zero:~t)s',
    '%(prop:no:~t)s', '%(prop:e-list:~t)s', '%(prop:e.dict:~t)s', '%(prop:whole:~t)s', '%(prop:missing:~)s',
    '%(prop:a:+t)s', '%(prop:missing:+t)s', '%(prop:empty:+t)s', '%(prop:none:+t)s', '%(prop:zero:+t)s',
    '%(prop:a:?|y|n)s', '%(prop:missing:?|y|n)s', '%(prop:empty:?|y|n)s', '%(prop:none:?|y|n)s',
    '%(prop:zero:?:y:n)s', '%(prop:a:?|y|)s', '%(prop:a:?||n)s', '%(prop:a:?|y)s', '%(prop:a:?)s', '%(prop:a:?|)s',
    '%(prop:a:?|y|n|z)s', '%(prop:a:?(y(n)s', '%(prop:missing:?|y|n|z)s',
    '%(prop:a:#?|y|n)s', '%(prop:missing:#?|y|n)s', '%(prop:empty:#?|y|n)s', '%(prop:none:#?|y|n)s',
    '%(prop:zero:#?|y|n)s', '%(prop:no:#?|y|n)s', '%(prop:yes:#?|y|n)s', '%(prop:e-list:#?|y|n)s',
    '%(prop:list:#?|y|n)s', '%(prop:a:#?|y)s', '%(prop:a:#?)s', '%(prop:a:#)s', '%(prop:a:#|y|n)s',
    '%(prop:missing:-%(prop:a)s)s', '%(prop:missing:-%(prop:missing2:-%(prop:num)s)s)s', '%(prop:a:+[%(prop:a)s])s',
    '%(prop:a:?|%(prop:num)s|no)s', '%(prop:missing:?|yes|<%(prop:num)s>)s', '%(prop:a:?|(a|b)|n)s',
    '%(prop:a:?|%(prop:missing:-x|y)s|n)s', '%(prop:missing:-(brackets))s', '%(prop:missing:-a:b)s',
    '%(prop:missing:-100%%)s', '%(prop:missing:-%(kw:k)s)s', '%(prop:missing:~%(prop:missing)s)s',
    '%(prop:a:x)s', '%(prop:a:)s', '%(prop:a:=x)s', '%(prop:)s', '%(prop:a b)s', '%(prop:a/b)s', '%(prop)s', '%()s',
    '%(nosuch:a)s', '%(:a)s', '%(prop:\u00e9)s', '%(prop:a', '%(prop:a)', '%(prop:(a))s', '%',
    'abc%', '%(prop:a)d', '%(prop:num)d', '%(prop:a)i', '%(prop:a)r', '%(prop:uni)a', '%(prop:a)c', '%(prop:a)x',
    '%(prop:a)q', '%(prop:a)10s|', '%(prop:a)-10s|', '%(prop:uni)5s|', '%(prop:a).1s|', '%(prop:a)5.1s|',
    '%(prop:a)ls', '%(prop:a) s', '%(prop:a)05s', '%(prop:a)*s', '%(prop:a)#s', '%(prop:a)+s', '%(prop:num)5s|',
    '%(prop:list)r', '%(prop:none)r', '%(prop:num)r', '%%(prop:a)s', '%%%(prop:a)s', '%(prop:a)%', '%(prop:a)5%',
    '%(kw:k)s', '%(kw:missing)s', '%(kw:empty)s', '%(kw:none)s', '%(kw:n)s', '%(kw:x.y)s', '%(kw:k:-t)s',
    '%(kw:missing:-t)s', '%(kw:none:-t)s', '%(kw:zero:~t)s', '%(kw:empty:+t)s', '%(kw:missing:+t)s',
    '%(kw:k:?|y|n)s', '%(kw:zero:#?|y|n)s', '%(kw:a b)s', '%(kw)s',
    '%(src::branch)s', '%(src::revision)s', '%(src::project)s', '%(src::project:-t)s', '%(src::project:~t)s',
    '%(src::nosuch)s', '%(src::nosuch:-t)s', '%(src:cb:branch)s', '%(src:cb:branch:-t)s', '%(src:cb:branch:~t)s',
    '%(src:cb:revision)s', '%(src:other:branch)s', '%(src:other:branch:-t)s', '%(src:other:branch:+t)s',
    '%(src:cb:branch:+t)s', '%(src:cb:revision:?|y|n)s', '%(src:other:branch:#?|y|n)s', '%(src:cb)s', '%(src)s',
    '%(src:cb:)s', '%(src:c b:branch)s', '%(src:cb:bra nch)s', '%(src:c/b:branch)s', '%(src:cb:revision:-%(prop:a)s)s',
    '%(worker:admin)s', '%(worker:numcpus)s', '%(worker:missing)s', '%(worker:missing:-t)s', '%(worker:host:-t)s',
    '%(worker:host:~t)s', '%(worker:admin:+t)s', '%(worker:admin:?|y|n)s', '%(worker:)s', '%(worker:a b)s', '%(worker)s',
    '%(secret:pw)s', '%(secret:missing)s', '%(secret:pw:-t)s', '%(secret:missing:-t)s', '%(secret:)s', '%(secret:a b)s',
    '%(secret:with/slash)s', '%s %s', '%d', '%(prop:a)s %s', '%z',
]


class Source:
    def __init__(self, values):
        self.codebase = values['codebase']
        self.values = values

    def asDict(self):
        return self.values


class Worker:
    def __init__(self):
        self.info = Properties()
        for name, value in WORKER.items():
            self.info.setProperty(name, value, 'Worker')


class Build:
    def __init__(self, props):
        self.props = props
        self.master = Master()

    def getAllSourceStamps(self):
        return [Source(values) for values in SOURCES.values()]

    def getSourceStamp(self, codebase=''):
        return Source(SOURCES[codebase]) if codebase in SOURCES else None

    def getWorkerInfo(self):
        return Worker().info

    def getBuilder(self):
        raise RuntimeError('not needed')


class SecretManager:
    def get(self, name):
        class Found:
            value = 'geheim'
        return defer.succeed(Found() if name == 'pw' else None)


class Master:
    namedServices = {'secrets': SecretManager()}


def answer(fmt):
    try:
        interpolate = util.Interpolate(fmt, **KW)
    except ConfigErrors:
        return {'parse_error': True}
    except Exception as error:  # noqa: BLE001
        return {'parse_error': True, 'python': type(error).__name__}
    props = Properties()
    for name, value in PROPS.items():
        props.setProperty(name, value, 'test')
    props.build = Build(props)
    props.master = Master()
    results = []
    props.render(interpolate).addCallbacks(
        lambda text: results.append({'text': text}),
        lambda failure: results.append({'render_error': True}))
    return results[0]


rows = [{'format': fmt, **answer(fmt)} for fmt in FORMATS]
data = {'props': PROPS, 'kw': KW, 'sources': SOURCES, 'worker': WORKER, 'secrets': {'pw': 'geheim'}, 'rows': rows}
pathlib.Path(__file__).with_name('interpolate.json').write_text(json.dumps(data, indent=1, ensure_ascii=True) + '\n')
