-- What rsp serves, and where it sends it. The long version: src/docs/configuration.md
--
--   Before:  rsp check backends.lua     says what is wrong in here, line by line
--   To use:  kill -HUP <pid of rsp>     a file with a mistake changes nothing: the old one stays
--
-- This is a Lua program. A name of your own must be local; a global that rsp does not know is an
-- error, so that a typo cannot pass for a default. A line that begins with -- does nothing: the
-- settings below that are written so show their defaults.

-- Where clients connect. Also a list: { "0.0.0.0:80", "unix:/run/rsp/rsp.sock" }. "[::]:80" is IPv6.
-- Behind a balancer that sends PROXY headers: { address = "0.0.0.0:80", proxy_protocol = "10.0.0.0/8" }
-- For programs of other users: { address = "unix:/run/a", mode = "0660", owner = "a", group = "b" }
-- With TLS, by one of the certificates below: { address = "0.0.0.0:443", tls = true, hsts = "max-age=86400" }.
-- With check_host = false it also serves hosts that have another certificate than the connection.
-- For clients with certificates: { ..., tls = true, client_ca = "ca.pem", client_auth = "optional" }.
-- To https: { address = "0.0.0.0:80", redirect = "https" }.
-- With TLS clients may speak HTTP/2 unless http2 = false; without TLS only if http2 = true, if they know beforehand.
listen = "0.0.0.0:8080"

-- The backends. Each host name is hashed to one PLACE in this list, first place first.
--
--   A machine is down?          Leave its line: other hosts would move if the list got shorter.
--   A machine is replaced?      Give its place the new address. Nothing else moves.
--   One more machine?           Add it at the end. Most hosts move, once.
--
-- An address is "host:port", "[v6]:port" or "unix:/path". Without a name, it is the name as well.
-- A backend that speaks the uwsgi protocol instead of HTTP has protocol = "uwsgi". One that speaks
-- HTTP over TLS has protocol = "https": see backend_tls below. One that speaks HTTP/2, as gRPC does,
-- has protocol = "h2c", or "h2" with TLS. One that expects the PROXY protocol, to see the client's
-- address, has send_proxy = "v2", or "v1".
--
-- To take a machine out, say so: { name = "live2", address = "127.0.0.1:8002", state = "down" }
--   "down"   is never contacted: its hosts are spread over the others and come back when it does
--   "drain"  gets no new requests; those in flight finish
--   "spare"  keeps a place for a machine to come; it needs no address
-- A larger machine can take over more from those: weight = 2
backends = {
  { name = "live1", address = "127.0.0.1:8001" },
  { name = "live2", address = "127.0.0.1:8002" },
  { name = "live3", address = "127.0.0.1:8003" },
}

-- TLS to backends with protocol = "https" or "h2". One may differ, key by key: tls = { name = "app2.internal" }
-- backend_tls = {
--   verify            = true,                   -- false accepts any certificate
--   -- ca             = "/etc/rsp/ca.pem",      -- who must have signed it, instead of the CAs of the system
--   -- name           = "app.internal",         -- for whom it must be, instead of the host of each address
--   -- certificate    = "/etc/rsp/rsp.pem",     -- shown to backends that ask for one
--   -- key            = "/etc/rsp/rsp.key",
-- }

-- How long rsp waits, in seconds. Fractions are fine.
-- timeouts = {
--   head              = 10,    -- for a client to send a whole request head
--   connect           = 3,     -- for a backend to accept a connection
--   connect_retry     = 2,     -- for a backend that refuses connections to listen again, as in a restart
--   body              = 60,    -- for the next bytes of a request body
--   response          = 60,    -- for a backend to begin its response
--   idle              = 60,    -- for the next bytes of a response, or for a peer to take some
--   keepalive         = 75,    -- for a client's next request
--   backend_keepalive = 4,     -- for an idle backend connection's next use; less than the backend's own
--   linger            = 5,     -- for a client to read an answer that ends its connection, in all
--   drain             = 30,    -- for requests in flight when rsp stops, in all
--   tunnel            = 3600,  -- for the next bytes of a tunnel (WebSocket)
-- }

-- How much rsp takes.
-- limits = {
--   head_bytes         = 32768,  -- of one request or response head
--   fields             = 100,    -- header fields of one head
--   target_bytes       = 8192,   -- of the path and query of one request
--   host_bytes         = 255,    -- of the host of one request
--   body_bytes         = 0,      -- of one request body; 0 is no limit
--   chunk_ext_bytes    = 256,    -- of the extensions of one chunk of a request body
--   trailer_bytes      = 8192,   -- of the trailers of one request body
--   body_rate          = 0,      -- bytes per second that a request body must come with; 0 is no limit
--   response_rate      = 0,      -- bytes per second that a client must take; 0 is no limit
--   connections        = 20000,  -- from clients at a time
--   slot_share         = 50,     -- percent of them that requests for one hung backend may hold; 100 is no bound
--   client_connections = 0,      -- from one client address at a time; 0 is no limit
--   http2_streams      = 100,    -- requests of one HTTP/2 connection at a time
--   memory             = 0,      -- bytes of all buffers; 0: three quarters of -XX:MaxDirectMemorySize
--   backend_idle       = 1024,   -- idle connections kept, per backend and loop
--   held_body_bytes    = 1048576,   -- of a chunked request that is held for a uwsgi backend
--   held_total_bytes   = 67108864,  -- of all those that one loop holds
-- }

-- Event loops. The default is one per core.
-- loops = 2

-- The host of an HTTP/1.0 request that names none. By default such a request is refused with 400.
-- default_host = "www.example.com"

-- The proxies in front of rsp, whose X-Forwarded-… fields are believed and passed on: networks, addresses,
-- and "unix" for all peers on a Unix socket, such as { "10.0.0.0/8", "192.0.2.7", "unix" }.
-- trusted_proxies = {}

-- The short form: "replace" trusts no peer, "append" trusts every peer.
-- forwarded = "replace"

-- More fields that only those proxies may send. This replaces the list in src/docs/configuration.md.
-- untrusted_fields = { "X-Real-IP", "X-Forwarded-Port" }

-- Whether a request ends when its client closes its side before the response begins: "get" (GET and HEAD),
-- true (all) or false (none).
-- abort_on_close = "get"

-- How many further places are tried if no connection can be made to the first. More than 0 may start a
-- site on a second backend.
-- failover = 0

-- Where the hosts that were served are remembered, for "rsp plan" and for the guard below. Without a path
-- they are kept in memory. A path may stand alone: journal = "/var/lib/rsp/hosts.journal"
-- journal = {
--   path  = "/var/lib/rsp/hosts.journal",
--   hosts = 200000,            -- that are remembered at most
--   every = 60,                -- seconds between two writes
-- }

-- What a reload may do. One that would do more is refused.
-- reload = {
--   max_moves = 100,           -- percent of the hosts that may change their backend
--   run_tests = false,         -- whether the tests in the new file must pass
--   force     = "",            -- what a refusal printed, to let this one change through
-- }

-- Another file that is asked beside this one, and never answered by. The differences are logged.
-- candidate = {
--   file  = "candidate.lua",
--   share = 0.1,               -- of the requests
--   every = 60,                -- seconds between two lines in the log
-- }

-- One line for each request: a file, "stdout", "syslog:unix:/dev/log" or "syslog:127.0.0.1:514".
-- access_log = {
--   path        = "/var/log/rsp/access.log",
--   format      = "json",      -- or "common", "combined", or a pattern: "$client $host $status"
--   min_status  = 0,           -- if set, logs answers from this status on
--   min_seconds = 0,           -- if set, logs requests that take so long
--   sample      = 1,           -- the share of the others; 0 if one of the two is set
-- }

-- Spans of sampled requests, for a collector of OpenTelemetry.
-- traces = {
--   endpoint = "http://127.0.0.1:4318/v1/traces",
--   sample   = 0.01,           -- the share of requests
--   service  = "rsp",
-- }

-- What each host used, by the hour: see rsp usage --help.
-- usage = {
--   path      = "/var/lib/rsp/usage",   -- a folder
--   hosts     = 1000000,       -- with sums of their own in an hour; the others are summed in one line
--   keep_days = 40,            -- files of earlier hours are removed
-- }

-- The certificates for addresses with tls: a folder, a list of folders and files, or a table. See rsp certs --help.
-- certificates = {
--   path     = "/etc/rsp/certs",   -- NAME.pem, NAME.crt with NAME.key, or as certbot and lego keep them
--   default  = "example.com",      -- a name or a file, for clients that ask for no name or another one
--   index    = "/var/lib/rsp/certificates.index",   -- by default beside the journal
--   prepared = 2000,           -- that are kept in memory
-- }
-- The keys of session tickets, kept over restarts (without it sessions end with a restart):
-- ticket_keys = "/var/lib/rsp/ticket.keys"

-- Certificates that rsp orders when a client asks for their hosts, and renews (ACME, such as Let's Encrypt).
-- acme = {
--   directory = "letsencrypt",          -- or the URL of a directory
--   email     = "hostmaster@example.com",
--   store     = "/var/lib/rsp/certs",
--   allow     = "journal",              -- required: for which hosts; or a URL to ask, or function(host) ... end
--   orders    = { 300, per = 10800 },   -- the most in so many seconds
--   challenge = "http-01",              -- or "tls-alpn-01"
--   timeout   = 15,                     -- seconds that a handshake waits
--   -- ca     = "/etc/rsp/ca.pem",      -- who signed the certificate of the directory: for a CA of your own
-- }

-- Prometheus gets figures over the admin endpoint; the busiest hosts only if it is to have them.
-- metrics = { top_hosts = 0 }

-- A Unix socket for the commands rsp reload and rsp status, for rsp's user and root alone.
-- control = "/run/rsp/control.sock"

-- The same and a page for browsers, on an address of its own. The token: openssl rand -hex 32
-- admin = {
--   address    = "127.0.0.1:9901",
--   token_file = "/etc/rsp/admin.token",   -- which other users cannot read
--   -- token   = "...",        -- instead of token_file
--   -- names   = { "rsp.example.net" },    -- by which browsers call it, besides IP addresses and localhost
--   -- public  = true,         -- allows an address that is not loopback; the token is not encrypted
-- }

-- The field in which a request carries an id to its backend, into the access log and error pages.
-- request_id = "X-Request-ID"

-- Directories in which the functions below may ask exists(path).
-- exists_below = { "/etc/vassals" }

-- The name of this rsp in Via fields, by which it notices that a request goes in circles. The default
-- is "rsp-" and eight digits made of the machine's name and the addresses above.
-- false adds no Via, so that nginx backends compress without gzip_proxied.
-- via = "rsp-edge1"

-- Where rsp may be less strict than it would be by itself. See src/docs/http-conformance.md.
-- lenient = {
--   response_lf   = false,     -- a line of a response head may end with LF alone
--   equal_lengths = false,     -- a Content-Length may come twice, if it is the same
--   raw_targets   = false,     -- a URL may have octets that are not ASCII; they are sent encoded
-- }

-- How a site is started whose backend is not there: src/docs/platform.md.
-- initialise = {
--   url              = "http://127.0.0.1:5000/initialise?host={host}",
--   method           = "POST",
--   unless_exists    = "/etc/vassals/{host}.ini",
--   timeout          = 30,    -- for the site to accept a connection
--   poll             = 0.05,  -- between two looks whether it does
--   remember_failure = 10,    -- for a site that did not start
--   waiting          = 100,   -- requests for one site
--   waiting_total    = 1000,  -- requests for all sites
--   body_bytes       = 0,     -- longest body of a request that waits; 0 for any
--   starting         = 64,    -- sites at a time
-- }

-- Which place a request goes to: an index or a name from the list above, an address, a list of
-- these in order of preference, or nil and a reason to refuse it. This is the default:
--
-- function select(request)
--   return hash.python(request.host, #backends)
-- end

-- What is to be done if no connection can be made: another answer as above, or nil to go on without.
--
-- function on_failure(request, failure)
--   log("warn", failure.address .. ": " .. failure.reason)
-- end
