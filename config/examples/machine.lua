-- A machine of a platform: each site is an application of its own behind uWSGI, on a Unix socket
-- that is named by the host. One that is not there is started by a service on this machine.
-- What stands before the machines is in balancer.lua; how both work together, in src/docs/platform.md.

-- The balancer's address: it is believed what it says of the clients. Nobody else is.
listen          = "0.0.0.0:8080"
trusted_proxies = { "10.0.0.1" }

-- A request that no site is for. select names sockets, so that this is never used.
backends = { { name = "none", state = "spare" } }

function select(request)
  return "uwsgi:unix:/run/sites/" .. request.host .. ".sock"
end

-- No socket, or nobody listens there: one call per site, whoever and however many ask for it. They
-- wait until it accepts connections, and are sent then. A site whose file is there was started
-- before: that it does not answer is a fault, and is shown as one.
initialise = {
  url           = "http://127.0.0.1:5000/initialise?host={host}",
  unless_exists = "/etc/vassals/{host}.ini",
  timeout       = 30,
}
