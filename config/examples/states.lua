-- Five places with names. live2 has broken down: its hosts, and only they, are spread over live1 and
-- live3, of which live3 takes twice as many. live4 is being emptied. live5 is ordered and not yet
-- there: when it comes, write its address and "up", and only its own hosts move.

listen   = "127.0.0.1:8080"
backends = {
  { name = "live1", address = "10.0.0.11:80" },
  { name = "live2", address = "10.0.0.12:80", state = "down" },
  { name = "live3", address = "10.0.0.13:80", weight = 2 },
  { name = "live4", address = "10.0.0.14:80", state = "drain" },
  { name = "live5", state = "spare" },
}
