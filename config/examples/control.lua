-- Control URLs: a request to www.example.com that reloads a site must reach the machine that the site
-- itself is on. The host in the path is made canonical as every other host is, so both always agree.
-- A trailing slash makes another path, so it is declared as well.

listen   = "127.0.0.1:8080"
backends = { "10.0.0.11:80", "10.0.0.12:80", "10.0.0.13:80" }

host_from_path("/user/*/webapps/{host}/reload",  { on = "www.example.com" })
host_from_path("/user/*/webapps/{host}/reload/", { on = "www.example.com" })
