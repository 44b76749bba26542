-- The configuration of rsp. Edit the lines below, then:
--
--   rsp check /etc/rsp/backends.lua   says what is wrong in this file, line by line
--   systemctl reload rsp              uses it; a file with a mistake changes nothing
--   rsp status                        what rsp does now
--
-- All settings, with their defaults: /usr/share/doc/rsp/examples/backends.lua
-- What each of them means:           /usr/share/doc/rsp/configuration.md
-- To see rsp at work first, with three small backends of its own: rsp demo

-- 1. Where clients connect. This address is reached from this machine only. For all clients: "0.0.0.0:80",
--    or { "0.0.0.0:80", "[::]:80" }.
listen = "127.0.0.1:8080"

-- 2. Your backends. Each host name is hashed to one place in this list, so its order matters: add new ones at
--    the end, and leave the line of a machine that is down. rsp sends requests to these addresses only.
backends = {
  { name = "live1", address = "127.0.0.1:8001" },
}

-- 3. If a proxy or TLS terminator is in front of rsp: its addresses, whose X-Forwarded-... fields are believed.
-- trusted_proxies = { "10.0.0.0/8" }

-- For "rsp reload", "rsp status" and "systemctl reload rsp".
control = "/run/rsp/control.sock"

-- Which hosts were served: for "rsp plan", and so that "rsp check" says which hosts an edit moves.
journal = "/var/lib/rsp/hosts.journal"

-- One line for each request. logrotate keeps 14 days: /etc/logrotate.d/rsp
-- access_log = { path = "/var/log/rsp/access.log", format = "json" }
