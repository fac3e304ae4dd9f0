# SPDX-License-Identifier: MIT
"""One wish is fulfilled at the next minute; the wish itself ends at once. The wish is forgotten then, a restart shows.

(A time that passed while the master was down is lost under Buildbot: it is up before the wish has been read.)
"""


def play(stage):
    asked = stage.finish(stage.force("ask", n="1", branch="main", revision="r1"))
    stage.note("the trigger does not wait", asked["results"])
    stage.finished("build", 1)
    stage.wait("the end of the wish", lambda: stage.sql(
        "select value_json from object_state where name = 'lastTrigger'") == [("null",)])  # fmt: skip
