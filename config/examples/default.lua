-- The least file: three machines, and every host on one of them by its hash.
--
--   rsp explain config/examples/default.lua www.example.com

listen   = "127.0.0.1:8080"
backends = { "10.0.0.11:80", "10.0.0.12:80", "10.0.0.13:80" }
