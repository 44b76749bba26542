-- The front tier of a platform: every host on its own machine, of which any could run any site.
-- What the machines run is in machine.lua; how both work together, in src/docs/platform.md.

listen = "0.0.0.0:80"

-- A host is hashed to one place in this list. A machine that is down keeps its line: state = "down".
backends = {
  { name = "live1", address = "10.0.0.11:8080" },
  { name = "live2", address = "10.0.0.12:8080" },
  { name = "live3", address = "10.0.0.13:8080" },
}

-- A machine that has to start a site first takes as long as machine.lua says, and a page its time.
timeouts = { response = 100 }
