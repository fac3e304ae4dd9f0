# SPDX-License-Identifier: MIT
"""With and without values of their own."""


def play(stage):
    stage.change(branch="main", revision="1", repository="http://x.org/lib")
    stage.change(branch="main", revision="2", repository="http://x.org/app", category="cat")
    stage.change(branch="main", revision="3", repository="http://x.org/app")
    stage.change(branch="main", revision="4", repository="http://x.org/lib", codebase="own")
    stage.change(branch="main", revision="5", repository="http://x.org/lib", codebase="")
    stage.change(branch="main", revision="6", repository="http://y.org/lib")
    stage.change(branch="main", revision="7", repository="http://x.org/lib", revlink="http://own/7")
    stage.change(branch="main", revision="8", repository="http://x.org/lib", revlink="")
    stage.change(branch="main", repository="http://x.org/lib")
    stage.change(branch="main", revision="10", project="p")
    stage.settle()
