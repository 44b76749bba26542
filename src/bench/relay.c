// SPDX-License-Identifier: Apache-2.0
/*
 * A relay that parses nothing: accept, connect to one backend, copy bytes both ways.
 *
 * It is the floor of the benchmark. Whatever a proxy costs above it is the price of understanding HTTP, of choosing a
 * backend and of sharing backend connections; what a proxy costs below it, a better way to move bytes has saved.
 *
 * Bounded: a side is read only when nothing waits to be written to its peer, so at most one read (READ_BYTES) is held per
 * direction. Bytes that the peer takes at once never leave the one buffer that all connections share.
 *
 * usage: relay LISTEN_PORT BACKEND_PORT        (both on 127.0.0.1)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* With 64 KiB a 1 MiB body costs half as much again: each segment batch pays for a read, a write and a wake-up. */
enum { READ_BYTES = 256 * 1024, EVENTS = 256, BACKLOG = 4096 };

struct relay;

/* One socket, and the bytes that wait to be written to it. */
struct side {
  int fd;
  bool readable;    /* the kernel may have bytes, or the end, for us */
  bool ending;      /* the peer has announced its end: read until it shows */
  bool ended;       /* the end was read */
  bool passed_on;   /* that end was passed on to the other side */
  char *waiting;    /* bytes for this side; NULL if none */
  size_t waiting_from, waiting_to;
  struct side *peer;
  struct relay *relay;
};

struct relay {
  struct side client, backend;
  struct relay *next_closed;
  bool closed;
};

static int poller;
static struct relay *closed_relays;
static char shared[READ_BYTES];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in loopback(const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/* Edge-triggered and for both directions at once: one epoll_ctl in the life of a socket. */
static void watch(struct side *side) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = side};
  int on = 1;
  setsockopt(side->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (epoll_ctl(poller, EPOLL_CTL_ADD, side->fd, &event) < 0) die("epoll_ctl");
}

/* The memory lives on until the batch of events is done, for later events may point into it. */
static void close_relay(struct relay *relay) {
  if (relay->closed) return;
  relay->closed = true;
  close(relay->client.fd);
  close(relay->backend.fd);
  relay->next_closed = closed_relays;
  closed_relays = relay;
}

static void free_closed(void) {
  while (closed_relays != NULL) {
    struct relay *relay = closed_relays;
    closed_relays = relay->next_closed;
    free(relay->client.waiting);
    free(relay->backend.waiting);
    free(relay);
  }
}

/* Writes what waits for a side. Returns false if some still waits, or if the socket failed (*failed is set). */
static bool write_waiting(struct side *to, bool *failed) {
  while (to->waiting_from < to->waiting_to) {
    ssize_t n = send(to->fd, to->waiting + to->waiting_from, to->waiting_to - to->waiting_from, MSG_NOSIGNAL);
    if (n < 0) {
      *failed = errno != EAGAIN && errno != EINTR;
      return false;
    }
    to->waiting_from += (size_t)n;
  }
  free(to->waiting);
  to->waiting = NULL;
  return true;
}

/* Sends from the shared buffer and keeps a copy of what the socket did not take. Returns false if the socket failed. */
static bool write_shared(struct side *to, size_t length) {
  ssize_t n = send(to->fd, shared, length, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
  size_t sent = n < 0 ? 0 : (size_t)n;
  if (sent == length) return true;
  to->waiting = malloc(length - sent);
  if (to->waiting == NULL) return false;
  memcpy(to->waiting, shared + sent, length - sent);
  to->waiting_from = 0;
  to->waiting_to = length - sent;
  return true;
}

/* Moves bytes from one side to its peer until one of them has to be waited for. Returns false if a socket failed. */
static bool pump(struct side *from) {
  struct side *to = from->peer;
  for (;;) {
    bool failed = false;
    if (to->waiting != NULL && !write_waiting(to, &failed)) return !failed;
    if (from->ended) {
      if (!from->passed_on) shutdown(to->fd, SHUT_WR);
      from->passed_on = true;
      return true;
    }
    if (!from->readable) return true;
    ssize_t n = recv(from->fd, shared, sizeof shared, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      from->readable = false;
      return errno == EAGAIN;
    }
    if (n == 0) {
      from->ended = true;
      continue;
    }
    /* A short read emptied the socket (epoll(7), "Questions and answers" 9): the next bytes bring the next edge. */
    if ((size_t)n < sizeof shared && !from->ending) from->readable = false;
    if (!write_shared(to, (size_t)n)) return false;
  }
}

static struct relay *new_relay(int client, const struct sockaddr_in *backend_address) {
  struct relay *relay = calloc(1, sizeof *relay);
  if (relay == NULL) die("calloc");
  int backend = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (backend < 0) die("socket");
  relay->client = (struct side){.fd = client, .peer = &relay->backend, .relay = relay};
  relay->backend = (struct side){.fd = backend, .peer = &relay->client, .relay = relay};
  if (connect(backend, (const struct sockaddr *)backend_address, sizeof *backend_address) < 0 && errno != EINPROGRESS) {
    close_relay(relay);
    return NULL;
  }
  return relay;
}

static void accept_all(int listener, const struct sockaddr_in *backend_address) {
  int client;
  while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct relay *relay = new_relay(client, backend_address);
    if (relay == NULL) continue;
    watch(&relay->client);
    watch(&relay->backend);
  }
  if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) die("accept");
}

static void on_event(struct side *side, uint32_t events) {
  struct relay *relay = side->relay;
  if (relay->closed) return;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) side->readable = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) side->ending = true;
  bool well = true;
  if (side->readable) well = pump(side);
  if (well && (events & EPOLLOUT) && side->waiting != NULL) well = pump(side->peer);
  if (!well || (side->passed_on && side->peer->passed_on)) close_relay(relay);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: relay LISTEN_PORT BACKEND_PORT\n");
    return 2;
  }
  struct sockaddr_in listen_address = loopback(argv[1]), backend_address = loopback(argv[2]);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  if (listener < 0) die("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&listen_address, sizeof listen_address) < 0) die("bind");
  if (listen(listener, BACKLOG) < 0) die("listen");
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) die("epoll_create1");
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &listening) < 0) die("epoll_ctl");

  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(poller, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr == NULL) accept_all(listener, &backend_address);
      else on_event(events[i].data.ptr, events[i].events);
    }
    free_closed();
  }
}
