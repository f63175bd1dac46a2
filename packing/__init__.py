"""From a checkout to function apps: for each app a folder with what it runs, and nothing else.

    sources     which module declares which skill, and what it imports of ours
    plan        which files go into which app
    folder      those files, written and compiled; the same bytes every time

`botfabric pack` runs it. The folders are taken as they are by Core Tools and by a container build.
"""
