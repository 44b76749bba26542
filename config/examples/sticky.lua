-- A few hosts have a place of their own, all others go by their hash. What is not a host of ours is
-- told so.

listen   = "127.0.0.1:8080"
backends = {
  { name = "live1", address = "10.0.0.11:80" },
  { name = "live2", address = "10.0.0.12:80" },
  { name = "big",   address = "10.0.0.20:80" },
}

local place = {
  ["shop.example.com"]  = "big",
  ["old.example.com"]   = { "live1", "live2" },     -- the second if the first cannot be reached
  ["gone.example.com"]  = false,
}

function select(request)
  local chosen = place[request.host]
  if chosen == false then
    refuse(410, "this site has moved away")
  end
  if not (request.host == "example.com" or request.host:match("%.example%.com$")) then
    refuse(404, "no such site")
  end
  -- The third place is for big sites alone, so the hash chooses among two.
  return chosen or hash.python(request.host, 2)
end
