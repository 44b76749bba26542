-- What rsp serves, and where it sends it. The long version: src/docs/configuration.md
--
--   Before:  rsp check backends.lua     says what is wrong in here, line by line
--   To use:  kill -HUP <pid of rsp>     a file with a mistake changes nothing: the old one stays
--
-- This is a Lua program. A name of your own must be local; a global that rsp does not know is an
-- error, so that a typo cannot pass for a default. A line that begins with -- does nothing: the
-- settings below that are written so show their defaults.

-- Where clients connect. Also a list: { "0.0.0.0:80", "unix:/run/rsp.sock" }. "[::]:80" is IPv6.
listen = "0.0.0.0:8080"

-- The backends. Each host name is hashed to one PLACE in this list, first place first.
--
--   A machine is down?          Leave its line: other hosts would move if the list got shorter.
--   A machine is replaced?      Give its place the new address. Nothing else moves.
--   One more machine?           Add it at the end. Most hosts move, once.
--
-- An address is "host:port", "[v6]:port" or "unix:/path". Without a name, it is the name as well.
backends = {
  { name = "live1", address = "127.0.0.1:8001" },
  { name = "live2", address = "127.0.0.1:8002" },
  { name = "live3", address = "127.0.0.1:8003" },
}

-- How long rsp waits, in seconds. Fractions are fine.
-- timeouts = {
--   head              = 10,    -- for a client to send a whole request head
--   connect           = 3,     -- for a backend to accept a connection
--   response          = 60,    -- for a backend to begin its response
--   idle              = 60,    -- for the next bytes of a body or a WebSocket
--   keepalive         = 75,    -- for a client's next request
--   backend_keepalive = 4,     -- for an idle backend connection's next use; less than the backend's own
--   linger            = 5,     -- for a client to read an answer that ends its connection
--   drain             = 30,    -- for requests in flight when rsp stops
--   tunnel            = 3600,  -- for the next bytes of a tunnel (WebSocket)
-- }

-- How much rsp takes.
-- limits = {
--   head_bytes   = 32768,      -- of one request or response head
--   fields       = 100,        -- header fields of one head
--   target_bytes = 8192,       -- of the path and query of one request
--   connections  = 20000,      -- from clients at a time
--   backend_idle = 256,        -- idle connections kept, per backend and loop
-- }

-- Event loops. The default is one per core.
-- loops = 2

-- The host of an HTTP/1.0 request that names none. By default such a request is refused with 400.
-- default_host = "www.example.com"

-- What becomes of the X-Forwarded-… fields that clients send: "replace" drops them, "append" keeps them
-- before rsp's own. Append only behind a proxy that you trust.
-- forwarded = "replace"

-- Which place a request goes to: an index or a name from the list above, an address, a list of
-- these in order of preference, or nil and a reason to refuse it. This is the default:
--
-- function select(request)
--   return hash.python(request.host, #backends)
-- end
