@rem Makes `exec` in the scripts of package.json mean nothing on Windows. Elsewhere it takes the shell away between npm and
@rem Node: a shell such as Debian's dies of npm's SIGTERM without passing it on, and the server would stay behind.
@%*
