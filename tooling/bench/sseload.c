// sseload: a lean load generator for streaming endpoints (SSE, WebSocket, raw TCP protocols).
// One epoll loop per thread, no parsing beyond markers. Compiled on demand by src/sseload.ts, which names the options it uses.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

typedef uint64_t u64;
typedef int64_t i64;
static u64 now_ns(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (u64)t.tv_sec * 1000000000ull + t.tv_nsec; }
static void sleep_until(u64 t) { struct timespec ts = { t / 1000000000ull, t % 1000000000ull }; while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR); }
static void die(const char *m) { fprintf(stderr, "sseload: %s (errno %d %s)\n", m, errno, strerror(errno)); exit(2); }

// ---------- histogram: log-linear, 64 sub-buckets per octave ----------
#define HSUB 64
#define HOCT 48
typedef struct { u64 c[HOCT * HSUB]; u64 n, max; double sum; } hist;
static inline int hidx(u64 v) { if (v < HSUB) return (int)v; int o = 63 - __builtin_clzll(v); int sh = o - 6; int i = (o - 5) * HSUB + (int)((v >> sh) & (HSUB - 1)); return i >= HOCT * HSUB ? HOCT * HSUB - 1 : i; }
static inline void hadd(hist *h, u64 v) { h->c[hidx(v)]++; h->n++; h->sum += v; if (v > h->max) h->max = v; }
static u64 hval(int i) { if (i < HSUB) return i; int o = i / HSUB + 5; u64 s = i % HSUB; return ((u64)(HSUB + s) << (o - 6)) + ((1ull << (o - 6)) >> 1); }
static u64 hpct(hist *h, double p) { u64 want = (u64)(h->n * p), s = 0; if (!h->n) return 0; for (int i = 0; i < HOCT * HSUB; i++) { s += h->c[i]; if (s > want) return hval(i) < h->max ? hval(i) : h->max; } return h->max; }
static void hmerge(hist *a, hist *b) { for (int i = 0; i < HOCT * HSUB; i++) a->c[i] += b->c[i]; a->n += b->n; a->sum += b->sum; if (b->max > a->max) a->max = b->max; }

// ---------- options ----------
enum { SSE, WS, RAW };
static struct {
  const char *urls[4096]; int nurls; int n, first, mode, threads, stall, rcvbuf, conc, dechunk, replay, quiet, keepgoing;
  const char *hdr[64]; int nhdr; const char *hello[8]; int nhello;
  const char *marker, *stamp, *seq, *done, *regex, *label, *accept_status;
  const char *pub_url, *pub_body, *pub_hdr[16], *pub_raw, *trigger, *pre, *memurl; int npub_hdr; const char *pub_method;
  double rate, warmup, duration, drain, hold, timeout; int size, records, batch; long count; long expect; double burst_ms;
  int pids[64], npids; int srcips; int delim, pub_close; double idle; int epoch_ms; i64 epoch_off;
} O = { .n = 1, .threads = 1, .conc = 128, .rate = 0, .warmup = 1, .duration = 5, .drain = 3, .idle = 1.0, .size = 100, .records = 20, .batch = 1, .marker = NULL, .pub_method = "POST", .timeout = 30,
  .pub_body = "{\"t\":{t},\"s\":{s},\"r\":\"rec-{r}\",\"p\":\"{pad}\"}", .accept_status = "200" };

static char *unesc(const char *s) { char *o = malloc(strlen(s) + 1), *p = o; while (*s) { if (*s == '\\' && s[1]) { s++; *p++ = *s == 'n' ? '\n' : *s == 'r' ? '\r' : *s == 't' ? '\t' : *s == '0' ? 0 : *s; s++; } else *p++ = *s++; } *p = 0; return o; }

typedef struct { char host[256]; int port; char path[1024]; struct sockaddr_storage sa; socklen_t salen; } url_t;
static void parse_url(const char *u, url_t *r) {
  memset(r, 0, sizeof *r);
  const char *p = strstr(u, "://"); p = p ? p + 3 : u;
  const char *sl = strchr(p, '/'); size_t hl = sl ? (size_t)(sl - p) : strlen(p);
  char hp[300]; if (hl >= sizeof hp) die("url host too long"); memcpy(hp, p, hl); hp[hl] = 0;
  char *c = strrchr(hp, ':'); r->port = 80; if (c) { r->port = atoi(c + 1); *c = 0; }
  snprintf(r->host, sizeof r->host, "%s", hp); snprintf(r->path, sizeof r->path, "%s", sl ? sl : "/");
  struct addrinfo h = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *ai; char ps[16]; snprintf(ps, sizeof ps, "%d", r->port);
  if (getaddrinfo(hp, ps, &h, &ai)) die("cannot resolve host");
  memcpy(&r->sa, ai->ai_addr, ai->ai_addrlen); r->salen = ai->ai_addrlen; freeaddrinfo(ai);
}

// ---------- connections ----------
typedef struct {
  int fd, idx, state; // 0 new 1 connecting 2 handshake 3 open 4 closed/failed 5 done
  u64 t0; // connect start
  u64 bytes, events; i64 seq; u64 remain; int dstate; // dechunk
  int carry; bool stalled, chunked;
  char *cbuf; int ccap;
} conn;
typedef struct { pthread_t th; int ep, lo, hi; hist lat, done; u64 reads, bytes, events, markers, gaps, dups, closed, failed, opened, dones; double cpu; char *buf; u64 last_rx; int inflight, next; } thr;
static conn *C; static thr *T; static url_t *U;
static _Atomic int phase; // 0 connect 1 warm 2 measure 3 stop
static _Atomic long g_opened, g_failed, g_done, g_closed; static _Atomic u64 g_pub, g_last_pub;
static regex_t RX;
static size_t ml, sl_, ql, dl;
#define BUFSZ (1 << 20)

static void conn_close(thr *t, conn *c, int st) { if (c->fd >= 0) close(c->fd); c->fd = -1; if (c->state == 1 || c->state == 2) t->inflight--; c->state = st; }
static void conn_start(thr *t, conn *c) {
  url_t *u = &U[c->idx % O.nurls];
  c->fd = socket(u->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0); if (c->fd < 0) die("socket");
  int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (O.rcvbuf) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &O.rcvbuf, sizeof O.rcvbuf);
  if (O.srcips > 1) { struct sockaddr_in s = { .sin_family = AF_INET }; s.sin_addr.s_addr = htonl(0x7f000001 + c->idx % O.srcips); setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one); bind(c->fd, (void *)&s, sizeof s); }
  c->t0 = now_ns(); c->bytes = c->events = 0; c->carry = 0; c->seq = -1; c->dstate = 0; c->remain = 0; c->chunked = false; t->inflight++;
  int r = connect(c->fd, (void *)&u->sa, u->salen);
  if (r < 0 && errno != EINPROGRESS) { t->failed++; g_failed++; conn_close(t, c, 4); return; }
  c->state = 1; struct epoll_event e = { .events = EPOLLOUT, .data.ptr = c }; epoll_ctl(t->ep, EPOLL_CTL_ADD, c->fd, &e);
}
static void ws_send(int fd, const char *s) { size_t n = strlen(s); unsigned char b[1024]; int h = 2; b[0] = 0x81; if (n < 126) b[1] = 0x80 | n; else { b[1] = 0x80 | 126; b[2] = n >> 8; b[3] = n; h = 4; } memset(b + h, 0, 4); memcpy(b + h + 4, s, n); if (write(fd, b, h + 4 + n) < 0) {} }
static void conn_request(thr *t, conn *c) {
  url_t *u = &U[c->idx % O.nurls]; char b[8192]; int n = 0; char path[1100]; char *pc = strstr(u->path, "%d");
  if (pc) snprintf(path, sizeof path, "%.*s%d%s", (int)(pc - u->path), u->path, c->idx + O.first, pc + 2); else snprintf(path, sizeof path, "%s", u->path);
  if (O.mode == RAW) { for (int i = 0; i < O.nhello; i++) { char *h = unesc(O.hello[i]); n += snprintf(b + n, sizeof b - n, "%s", h); free(h); } }
  else {
    n += snprintf(b + n, sizeof b - n, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n", path, u->host, u->port);
    if (O.mode == WS) n += snprintf(b + n, sizeof b - n, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    else n += snprintf(b + n, sizeof b - n, "Accept: text/event-stream\r\nCache-Control: no-cache\r\n");
    for (int i = 0; i < O.nhdr; i++) { char *pc2 = strstr(O.hdr[i], "%d"); if (pc2) n += snprintf(b + n, sizeof b - n, "%.*s%d%s\r\n", (int)(pc2 - O.hdr[i]), O.hdr[i], c->idx + O.first, pc2 + 2); else n += snprintf(b + n, sizeof b - n, "%s\r\n", O.hdr[i]); }
    n += snprintf(b + n, sizeof b - n, "\r\n");
  }
  if (n && write(c->fd, b, n) != n) { t->failed++; g_failed++; conn_close(t, c, 4); return; }
  struct epoll_event e = { .events = EPOLLIN, .data.ptr = c }; epoll_ctl(t->ep, EPOLL_CTL_MOD, c->fd, &e);
  if (O.mode == RAW) { c->state = 3; t->inflight--; t->opened++; g_opened++; } else c->state = 2;
}
// In-place removal of chunked framing; returns the payload length.
static size_t dechunk(conn *c, char *b, size_t n) {
  size_t o = 0, i = 0;
  while (i < n) {
    if (c->dstate == 0) { // size line
      char ch = b[i++]; if (isxdigit((unsigned char)ch)) c->remain = c->remain * 16 + (ch <= '9' ? ch - '0' : (ch | 32) - 'a' + 10); else if (ch == '\n') c->dstate = c->remain ? 1 : 3; else if (ch == ';') c->dstate = 4;
    } else if (c->dstate == 4) { if (b[i++] == '\n') c->dstate = c->remain ? 1 : 3; }
    else if (c->dstate == 1) { size_t k = n - i < c->remain ? n - i : c->remain; if (o != i) memmove(b + o, b + i, k); o += k; i += k; c->remain -= k; if (!c->remain) c->dstate = 2; }
    else if (c->dstate == 2) { if (b[i++] == '\n') c->dstate = 0; }
    else i = n;
  }
  return o;
}
static inline void finish(thr *t, conn *c, u64 now) { if (c->state == 5) return; hadd(&t->done, now - c->t0); t->dones++; c->state = 5; g_done++; }
// Count events in the complete lines of b[0..n) (b starts with the carried tail); returns the length of the
// incomplete tail, to be carried. A "line" ends with O.delim ('\n'; '}' in WebSocket mode).
static size_t scan(thr *t, conn *c, char *b, size_t n, u64 now, bool measuring) {
  char *e = memrchr(b, O.delim, n); if (!e) return n;
  size_t len = e + 1 - b; u64 k = 0;
  if (sl_) { char *p = b, *end = b + len, *m;
    while ((m = memmem(p, end - p, O.stamp, sl_))) { char *d = m + sl_; u64 v = 0; while (*d >= '0' && *d <= '9') v = v * 10 + (*d++ - '0'); p = d; k++; if (O.epoch_ms) { u64 w = now + (u64)O.epoch_off; v *= 1000000ull; if (measuring && v) hadd(&t->lat, w > v ? w - v : 0); } else if (measuring && v && now > v) hadd(&t->lat, now - v); } }
  if (ql) { char *q = b, *qe = b + len; while ((q = memmem(q, qe - q, O.seq, ql))) { char *d = q + ql; i64 s = 0; int nd = 0; while (*d >= '0' && *d <= '9') { s = s * 10 + (*d++ - '0'); nd++; } if (nd) { if (c->seq >= 0) { if (s <= c->seq) t->dups++; else if (s != c->seq + 1) t->gaps += s - c->seq - 1; } c->seq = s; } q = d; } }
  if (O.regex) { regmatch_t mm[1]; char sv = b[len]; b[len] = 0; char *p = b; while (*p && !regexec(&RX, p, 1, mm, 0)) { if (!sl_) k++; if (measuring) t->markers++; p += mm[0].rm_eo > 0 ? mm[0].rm_eo : 1; } b[len] = sv; }
  else if (ml) { char *p = b, *end = b + len; while ((p = memmem(p, end - p, O.marker, ml))) { p += ml; if (measuring) t->markers++; if (!sl_) k++; } }
  c->events += k; if (measuring) t->events += k;
  if ((dl && memmem(b, len, O.done, dl)) || (O.expect && (long)c->events >= O.expect)) finish(t, c, now);
  return n - len;
}
static void on_read(thr *t, conn *c) {
  size_t off = c->carry; if (off) memcpy(t->buf, c->cbuf, off);
  ssize_t r = read(c->fd, t->buf + off, BUFSZ - 1024 - off);
  u64 now = now_ns();
  if (r <= 0) { if (r < 0 && (errno == EAGAIN || errno == EINTR)) return; 
    if (c->state == 3 || c->state == 5) { t->closed++; g_closed++; conn_close(t, c, c->state == 5 ? 5 : 4); } else { t->failed++; g_failed++; conn_close(t, c, 4); } return; }
  int ph = atomic_load_explicit(&phase, memory_order_relaxed); bool measuring = ph == 2; t->reads += measuring; if (measuring) t->bytes += r; c->bytes += r; t->last_rx = now;
  char *b = t->buf; size_t n = r + off;
  if (c->state == 2) { // response head, in hbuf
    size_t k = n;
    char *e = memmem(b, k, "\r\n\r\n", 4);
    if (!e) { if ((size_t)c->ccap < n) { c->ccap = n + 4096; c->cbuf = realloc(c->cbuf, c->ccap); } memcpy(c->cbuf, b, n); c->carry = n; return; } // head split: wait for the rest
    c->carry = 0;
    if ((k < 12 || strncmp(b + 9, O.mode == WS ? "101" : O.accept_status, 3))) { static _Atomic int warned; if (warned++ < 3) fprintf(stderr, "bad status: %.*s\n", (int)(strcspn(b, "\r\n")), b); t->failed++; g_failed++; conn_close(t, c, 4); return; }
    if (O.dechunk) { char sv = *e; *e = 0; c->chunked = strcasestr(b, "transfer-encoding: chunked") != NULL; *e = sv; }
    c->state = 3; t->inflight--; t->opened++; g_opened++;
    if (O.mode == WS) for (int i = 0; i < O.nhello; i++) ws_send(c->fd, O.hello[i]);
    e += 4; n = b + k - e; b = e; if (!n) { c->carry = 0; return; }
    if (c->chunked) n = dechunk(c, b, n);
  } else if (c->chunked) n = off + dechunk(c, b + off, r);
  size_t keep = scan(t, c, b, n, now, measuring);
  if (keep > BUFSZ / 2) keep = 0; /* a line over 512 KiB: give it up */
  if (keep) { if ((size_t)c->ccap < keep) { c->ccap = keep < 256 ? 256 : keep * 2; c->cbuf = realloc(c->cbuf, c->ccap); } memcpy(c->cbuf, b + n - keep, keep); } c->carry = keep;
  if (c->state == 5 && O.replay) { close(c->fd); c->fd = -1; }
}
static void *run_thr(void *a) {
  thr *t = a; t->buf = malloc(BUFSZ); struct epoll_event ev[512]; t->next = t->lo;
  while (1) {
    int ph = phase; if (ph == 3) break;
    while (t->next < t->hi && t->inflight < O.conc) conn_start(t, &C[t->next++]);
    int k = epoll_wait(t->ep, ev, 512, 50);
    for (int i = 0; i < k; i++) { conn *c = ev[i].data.ptr; if (c->fd < 0) continue;
      if (c->state == 1) { int e = 0; socklen_t l = sizeof e; getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &l); if (e) { t->failed++; g_failed++; conn_close(t, c, 4); } else conn_request(t, c); }
      else on_read(t, c); }
  }
  struct rusage ru; getrusage(RUSAGE_THREAD, &ru); t->cpu = ru.ru_utime.tv_sec + ru.ru_stime.tv_sec + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6; return NULL;
}
// ---------- process accounting ----------
typedef struct { double sched, ut, st, rss, pss, hwm; int tasks; } pstat;
static pstat read_pids(bool pss) {
  pstat r = { 0 }; char p[64], b[4096];
  for (int i = 0; i < O.npids; i++) {
    snprintf(p, sizeof p, "/proc/%d/task", O.pids[i]); DIR *d = opendir(p); if (d) { struct dirent *e; while ((e = readdir(d))) if (isdigit((unsigned char)e->d_name[0])) { char q[384]; snprintf(q, sizeof q, "%s/%s/schedstat", p, e->d_name); FILE *f = fopen(q, "r"); if (f) { unsigned long long x; if (fscanf(f, "%llu", &x) == 1) r.sched += x / 1e9; fclose(f); r.tasks++; } } closedir(d); }
    snprintf(p, sizeof p, "/proc/%d/stat", O.pids[i]); FILE *f = fopen(p, "r"); if (f) { size_t k = fread(b, 1, sizeof b - 1, f); b[k] = 0; fclose(f); char *s = strrchr(b, ')'); unsigned long long ut, st; if (s && sscanf(s + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &ut, &st) == 2) { r.ut += ut / (double)sysconf(_SC_CLK_TCK); r.st += st / (double)sysconf(_SC_CLK_TCK); } }
    snprintf(p, sizeof p, "/proc/%d/status", O.pids[i]); f = fopen(p, "r"); if (f) { while (fgets(b, sizeof b, f)) { long v; if (sscanf(b, "VmRSS: %ld", &v) == 1) r.rss += v; if (sscanf(b, "VmHWM: %ld", &v) == 1) r.hwm += v; } fclose(f); }
    if (pss) { snprintf(p, sizeof p, "/proc/%d/smaps_rollup", O.pids[i]); f = fopen(p, "r"); if (f) { while (fgets(b, sizeof b, f)) { long v; if (sscanf(b, "Pss: %ld", &v) == 1) r.pss += v; } fclose(f); } }
  }
  return r;
}
static long sock_mem_kb(void) { FILE *f = fopen("/proc/net/sockstat", "r"); char b[256]; long v = -1; if (!f) return -1; while (fgets(b, sizeof b, f)) { char *m = strstr(b, "mem "); if (!strncmp(b, "TCP:", 4) && m) v = atol(m + 4) * 4; } fclose(f); return v; }
// ---------- publisher ----------
static int tcp_connect(url_t *u) { int fd = socket(u->sa.ss_family, SOCK_STREAM, 0); if (fd < 0 || connect(fd, (void *)&u->sa, u->salen)) die("publisher connect"); int one = 1; setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); return fd; }
static int fill_tpl(const char *tpl, char *o, size_t cap, long s, int want) {
  // two passes so that {pad} makes the body exactly `want` bytes
  int padn = 0; int n = 0;
  for (int pass = 0; pass < 2; pass++) { n = 0; const char *p = tpl; 
    while (*p && (size_t)n < cap - 64) { if (!strncmp(p, "{t}", 3)) { n += sprintf(o + n, "%llu", (unsigned long long)now_ns()); p += 3; } else if (!strncmp(p, "{s}", 3)) { n += sprintf(o + n, "%ld", s); p += 3; } else if (!strncmp(p, "{r}", 3)) { n += sprintf(o + n, "%ld", s % O.records); p += 3; } else if (!strncmp(p, "{pad}", 5)) { for (int i = 0; i < padn && (size_t)n < cap - 64; i++) o[n++] = 'x'; p += 5; } else o[n++] = *p++; }
    padn = want > n ? want - n : 0; if (!padn || !strstr(tpl, "{pad}")) break; }
  o[n] = 0; return n;
}
static hist pub_rtt; static u64 pub_late_max; static int pub_bad;
static void count_answers(char *rb, int q, int *carry, long *nans, long nsent, u64 *sent) { // counts "HTTP/1.1 " heads
  int n = *carry + q; rb[n] = 0; char *p = rb, *m; u64 w = now_ns(); char *last = rb;
  while ((m = memmem(p, rb + n - p, "HTTP/1.1 ", 9)) && m + 10 <= rb + n) { if (*nans < nsent) hadd(&pub_rtt, w - sent[*nans % 64]); (*nans)++; if (m[9] != '2' && pub_bad++ < 2) fprintf(stderr, "publisher: %.*s\n", (int)strcspn(m, "\r"), m); p = m + 9; last = p; }
  int k = rb + n - last; if (k > 9) k = 9; memmove(rb, rb + n - k, k); *carry = k;
}
static void *publisher(void *a) {
  url_t u; bool raw = O.pub_raw != NULL; parse_url(O.pub_url, &u); int fd = tcp_connect(&u); (void)a;
  static u64 sent[64]; long nsent = 0, nans = 0; int carry = 0; char *body = malloc(1 << 20), *msg = malloc((1 << 20) + 8192), rb[65536]; long s = 0; 
  if (raw) { for (int i = 0; i < O.nhello && O.mode == RAW && i < 1; i++) { } const char *h = getenv("PUB_HELLO"); if (h) { char *x = unesc(h); if (write(fd, x, strlen(x)) < 0) {} free(x); } }
  double rate = O.burst_ms > 0 ? O.count / (O.burst_ms / 1000) : O.rate; u64 t0 = now_ns(), step = (u64)(1e9 * O.batch / rate); long k = 0;
  while (phase == 2 && (O.count == 0 || s < O.count)) {
    u64 due = t0 + k * step; u64 nw = now_ns(); if (nw < due) sleep_until(due); else if (nw - due > pub_late_max) pub_late_max = nw - due; k++;
    int bn = 0; for (int i = 0; i < O.batch && (O.count == 0 || s < O.count); i++, s++) { if (i) body[bn++] = '\n'; bn += fill_tpl(O.pub_body, body + bn, 65536, s, O.size); }
    int mn; if (raw) { char *x = unesc(O.pub_raw); char *lp; mn = 0; const char *p = x; while (*p) { if (!strncmp(p, "{len}", 5)) { mn += sprintf(msg + mn, "%d", bn); p += 5; } else if (!strncmp(p, "{body}", 6)) { memcpy(msg + mn, body, bn); mn += bn; p += 6; } else msg[mn++] = *p++; } (void)lp; free(x); }
    else { mn = sprintf(msg, "%s %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: %d\r\n", O.pub_method, u.path, u.host, u.port, bn); for (int i = 0; i < O.npub_hdr; i++) mn += sprintf(msg + mn, "%s\r\n", O.pub_hdr[i]); mn += sprintf(msg + mn, "\r\n"); memcpy(msg + mn, body, bn); mn += bn; }
    if (O.pub_close && s > O.batch) { close(fd); fd = tcp_connect(&u); }
    u64 w0 = now_ns(); int wr = 0; while (wr < mn) { int q = write(fd, msg + wr, mn - wr); if (q <= 0) { if (phase == 2) die("publisher write"); return NULL; } wr += q; }
    g_pub = s; g_last_pub = now_ns();
    if (raw) { int q = recv(fd, rb, sizeof rb, MSG_DONTWAIT); if (q > 5 && memmem(rb, q, "PING\r\n", 6)) if (write(fd, "PONG\r\n", 6) < 0) {} }
    else if (O.pub_close) { int q = recv(fd, rb, 64, 0); if (q > 10 && rb[9] != '2' && pub_bad++ < 2) fprintf(stderr, "publisher: %.*s\n", q, rb); hadd(&pub_rtt, now_ns() - w0); }
    else { // open loop: pipelined, at most 64 unanswered POSTs (then it waits)
      sent[nsent++ % 64] = w0;
      for (;;) { bool block = nsent - nans >= 64; int q = recv(fd, rb + carry, sizeof rb - 1 - carry, block ? 0 : MSG_DONTWAIT); if (q <= 0) { if (q == 0 && phase == 2) { fprintf(stderr, "publisher: server closed\n"); pub_bad++; return NULL; } break; }
        count_answers(rb, q, &carry, &nans, nsent, sent); if (!block) break; } }
  }
  while (!raw && nans < nsent && phase == 2) { struct timeval tv = { 0, 200000 }; setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv); int q = recv(fd, rb + carry, sizeof rb - 1 - carry, 0); if (q == 0) break; if (q > 0) count_answers(rb, q, &carry, &nans, nsent, sent); }
  close(fd); return NULL;
}
static void http_once(const char *urlm, bool print) {
  const char *m = "POST"; const char *us = urlm; if (!strncmp(urlm, "GET ", 4)) { m = "GET"; us += 4; }
  url_t u; parse_url(us, &u); int fd = tcp_connect(&u); char b[65536]; int n = snprintf(b, sizeof b, "%s %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\nContent-Length: 0\r\n", m, u.path, u.host, u.port); for (int i = 0; i < O.nhdr; i++) if (!strstr(O.hdr[i], "%d")) n += snprintf(b + n, sizeof b - n, "%s\r\n", O.hdr[i]); n += snprintf(b + n, sizeof b - n, "\r\n");
  if (write(fd, b, n) != n) die("trigger write"); int got = 0; while (got < (int)sizeof b - 1) { int q = read(fd, b + got, sizeof b - 1 - got); if (q <= 0) break; got += q; } b[got] = 0; close(fd);
  if (print) { char *e = strstr(b, "\r\n\r\n"); if (e) printf("%s\n", e + 4); }
  if (got < 12 || b[9] != '2') fprintf(stderr, "trigger: %.*s\n", 100, b);
}
static u64 total_events(void) { u64 e = 0; for (int i = 0; i < O.threads; i++) e += T[i].events; return e; }
static void usage(void) { fprintf(stderr, "unknown option; see src/sseload.ts\n"); exit(2); }
static bool wait_open(double limit) { u64 t = now_ns(); while (g_opened + g_failed < O.n) { usleep(2000); if (now_ns() - t > limit * 1e9) return false; } return true; }
int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  enum { oMODE = 256, oHELLO, oSTAMP, oSEQ, oDONE, oREGEX, oPUB, oPBODY, oPHDR, oPRAW, oPMETH, oTRIG, oRATE, oWARM, oDUR, oDRAIN, oHOLD, oSIZE, oREC, oBATCH, oCOUNT, oEXP, oBURST, oPID, oSTALL, oRCV, oCONC, oDECH, oREPLAY, oLABEL, oCOOKIE, oSRC, oTMO, oFIRST, oSTATUS, oPRE, oDELIM, oPCLOSE, oIDLE, oEPOCH };
  static struct option L[] = { { "mode", 1, 0, oMODE }, { "hello", 1, 0, oHELLO }, { "marker", 1, 0, 'm' }, { "stamp", 1, 0, oSTAMP }, { "seq", 1, 0, oSEQ }, { "done", 1, 0, oDONE }, { "regex", 1, 0, oREGEX }, { "pub", 1, 0, oPUB }, { "pub-body", 1, 0, oPBODY }, { "pub-header", 1, 0, oPHDR }, { "pub-raw", 1, 0, oPRAW }, { "pub-method", 1, 0, oPMETH }, { "trigger", 1, 0, oTRIG }, { "rate", 1, 0, oRATE }, { "warmup", 1, 0, oWARM }, { "duration", 1, 0, oDUR }, { "drain", 1, 0, oDRAIN }, { "hold", 1, 0, oHOLD }, { "size", 1, 0, oSIZE }, { "records", 1, 0, oREC }, { "batch", 1, 0, oBATCH }, { "count", 1, 0, oCOUNT }, { "expect", 1, 0, oEXP }, { "burst-ms", 1, 0, oBURST }, { "pid", 1, 0, oPID }, { "stall", 1, 0, oSTALL }, { "rcvbuf", 1, 0, oRCV }, { "conc", 1, 0, oCONC }, { "dechunk", 0, 0, oDECH }, { "replay", 1, 0, oREPLAY }, { "label", 1, 0, oLABEL }, { "cookie", 1, 0, oCOOKIE }, { "src-ips", 1, 0, oSRC }, { "timeout", 1, 0, oTMO }, { "first", 1, 0, oFIRST }, { "status", 1, 0, oSTATUS }, { "pre", 1, 0, oPRE }, { "delim", 1, 0, oDELIM }, { "pub-close", 0, 0, oPCLOSE }, { "idle", 1, 0, oIDLE }, { "stamp-epoch-ms", 0, 0, oEPOCH }, { "threads", 1, 0, 't' }, { 0 } };
  int o; while ((o = getopt_long(argc, argv, "u:n:H:m:t:", L, 0)) != -1) switch (o) {
    case 'u': O.urls[O.nurls++] = optarg; break; case 'n': O.n = atoi(optarg); break; case 'H': O.hdr[O.nhdr++] = optarg; break; case 'm': O.marker = unesc(optarg); break; case 't': O.threads = atoi(optarg); break;
    case oCOOKIE: { char *x = malloc(strlen(optarg) + 16); sprintf(x, "Cookie: %s", optarg); O.hdr[O.nhdr++] = x; break; }
    case oMODE: O.mode = !strcmp(optarg, "ws") ? WS : !strcmp(optarg, "raw") ? RAW : SSE; break; case oHELLO: O.hello[O.nhello++] = optarg; break; case oSTAMP: O.stamp = unesc(optarg); break; case oSEQ: O.seq = unesc(optarg); break; case oDONE: O.done = unesc(optarg); break; case oREGEX: O.regex = optarg; break;
    case oPUB: O.pub_url = optarg; break; case oPBODY: O.pub_body = optarg; break; case oPHDR: O.pub_hdr[O.npub_hdr++] = optarg; break; case oPRAW: O.pub_raw = optarg; break; case oPMETH: O.pub_method = optarg; break; case oTRIG: O.trigger = optarg; break; case oRATE: O.rate = atof(optarg); break; case oWARM: O.warmup = atof(optarg); break; case oDUR: O.duration = atof(optarg); break; case oDRAIN: O.drain = atof(optarg); break; case oHOLD: O.hold = atof(optarg); break; case oSIZE: O.size = atoi(optarg); break; case oREC: O.records = atoi(optarg); break; case oBATCH: O.batch = atoi(optarg); break; case oCOUNT: O.count = atol(optarg); break; case oEXP: O.expect = atol(optarg); break; case oBURST: O.burst_ms = atof(optarg); break;
    case oPID: { char *s = strdup(optarg), *p; for (p = strtok(s, ", "); p; p = strtok(NULL, ", ")) O.pids[O.npids++] = atoi(p); break; }
    case oSTALL: O.stall = atoi(optarg); break; case oRCV: O.rcvbuf = atoi(optarg); break; case oCONC: O.conc = atoi(optarg); break; case oDECH: O.dechunk = 1; break; case oREPLAY: O.replay = atoi(optarg); break; case oLABEL: O.label = optarg; break; case oSRC: O.srcips = atoi(optarg); break; case oTMO: O.timeout = atof(optarg); break; case oFIRST: O.first = atoi(optarg); break; case oSTATUS: O.accept_status = optarg; break; case oPRE: O.pre = optarg; break; case oIDLE: O.idle = atof(optarg); break; case oPCLOSE: O.pub_close = 1; break; case oEPOCH: { struct timespec w; clock_gettime(CLOCK_REALTIME, &w); O.epoch_ms = 1; O.epoch_off = (i64)((u64)w.tv_sec * 1000000000ull + w.tv_nsec) - (i64)now_ns(); break; } case oDELIM: O.delim = unesc(optarg)[0]; break;
    default: usage(); }
  if (!O.nurls) usage(); if (!O.marker && !O.stamp && !O.regex) O.marker = "data:"; if (O.regex && regcomp(&RX, O.regex, REG_EXTENDED | REG_NEWLINE)) die("bad regex");
  if (!O.delim) O.delim = O.mode == WS ? '}' : '\n';
  ml = O.marker ? strlen(O.marker) : 0; sl_ = O.stamp ? strlen(O.stamp) : 0; ql = O.seq ? strlen(O.seq) : 0; dl = O.done ? strlen(O.done) : 0;
  U = calloc(O.nurls, sizeof *U); for (int i = 0; i < O.nurls; i++) parse_url(O.urls[i], &U[i]);
  C = calloc(O.n, sizeof *C); T = calloc(O.threads, sizeof *T); for (int i = 0; i < O.n; i++) { C[i].idx = i; C[i].fd = -1; }
  if (O.pre) http_once(O.pre, false);
  pstat p00 = read_pids(true); long sm00 = sock_mem_kb();
  int rounds = O.replay ? O.replay : 1; u64 replay_t = 0; pstat pr0 = read_pids(false);
  if (O.replay) { // n connections at once, each until `done`/`expect`; repeated
    static hist all; u64 bytes = 0, evs = 0; long incomplete = 0; double lcpu = 0; (void)lcpu;
    for (int r = 0; r < rounds; r++) { g_opened = g_failed = g_done = g_closed = 0; phase = 2; u64 a = now_ns();
      for (int i = 0; i < O.threads; i++) { memset(&T[i].lat, 0, sizeof(hist)); memset(&T[i].done, 0, sizeof(hist)); T[i].ep = epoll_create1(0); T[i].lo = (long)O.n * i / O.threads; T[i].hi = (long)O.n * (i + 1) / O.threads; T[i].inflight = 0; T[i].bytes = T[i].events = 0; for (int j = T[i].lo; j < T[i].hi; j++) { C[j].state = 0; C[j].fd = -1; } pthread_create(&T[i].th, 0, run_thr, &T[i]); }
      while (g_done + g_failed < O.n && now_ns() - a < O.timeout * 1e9) usleep(200); replay_t += now_ns() - a; phase = 3;
      for (int i = 0; i < O.threads; i++) { pthread_join(T[i].th, 0); hmerge(&all, &T[i].done); bytes += T[i].bytes; evs += T[i].events; free(T[i].buf); close(T[i].ep); }
      incomplete += O.n - g_done; for (int j = 0; j < O.n; j++) if (C[j].fd >= 0) { close(C[j].fd); C[j].fd = -1; } if (r < rounds - 1) usleep(5000); }
    pstat pr1 = read_pids(false);
    printf("{\"label\":\"%s\",\"mode\":\"replay\",\"n\":%d,\"rounds\":%d,\"done\":%llu,\"incomplete\":%ld,\"events\":%llu,\"bytes\":%llu,\"ms_p50\":%.3f,\"ms_p90\":%.3f,\"ms_p99\":%.3f,\"ms_max\":%.3f,\"ms_mean\":%.3f,\"cpu\":%.4f,\"cpu_ms_per_replay\":%.4f,\"rss_mb\":%.1f}\n", O.label ? O.label : "", O.n, rounds, (unsigned long long)all.n, incomplete, (unsigned long long)evs, (unsigned long long)bytes, hpct(&all, .5) / 1e6, hpct(&all, .9) / 1e6, hpct(&all, .99) / 1e6, all.max / 1e6, all.n ? all.sum / all.n / 1e6 : 0, pr1.sched - pr0.sched, all.n ? (pr1.sched - pr0.sched) * 1e3 / all.n : 0, pr1.rss / 1024); return incomplete ? 1 : 0; }
  for (int i = 0; i < O.threads; i++) { T[i].ep = epoll_create1(0); T[i].lo = (long)O.n * i / O.threads; T[i].hi = (long)O.n * (i + 1) / O.threads; pthread_create(&T[i].th, 0, run_thr, &T[i]); }
  u64 tc0 = now_ns(); bool ok = wait_open(O.timeout); u64 tc1 = now_ns(); pstat pc = read_pids(false);
  phase = 1; usleep((useconds_t)(O.warmup * 1e6)); pstat p0 = read_pids(true); long sm0 = sock_mem_kb();
  if (O.stall) { int s = 0; for (int i = 0; i < O.n && s < O.stall; i++) if (C[i].state == 3) { for (int k = 0; k < O.threads; k++) if (i >= T[k].lo && i < T[k].hi) epoll_ctl(T[k].ep, EPOLL_CTL_DEL, C[i].fd, 0); C[i].stalled = true; s++; } }
  struct rusage r0, r1; getrusage(RUSAGE_SELF, &r0); u64 w0 = now_ns(); p0 = read_pids(false); phase = 2; pthread_t pt; bool hasp = O.pub_url && (O.rate > 0 || O.burst_ms > 0);
  if (O.trigger) http_once(O.trigger, false);
  if (hasp) pthread_create(&pt, 0, publisher, 0);
  double rssmax = 0; long smmax = 0; u64 end = w0 + (u64)((O.hold ? O.hold : O.duration) * 1e9); u64 next_s = 0; bool dump = getenv("SSELOAD_SERIES") != NULL; 
  while (now_ns() < end) { usleep(20000); u64 nw = now_ns(); if (nw > next_s) { next_s = nw + 200000000ull; pstat q = read_pids(false); if (q.rss > rssmax) rssmax = q.rss; long sm = sock_mem_kb(); if (sm > smmax) smmax = sm; if (dump) fprintf(stderr, "t=%.1f rss=%.1fMB sock=%ldKB\n", (nw - w0) / 1e9, q.rss / 1024, sm); }
    if (O.count && g_pub >= (u64)O.count && O.burst_ms > 0) { break; } if ((O.expect || dl) && g_done >= O.n) break; }
  // drain: keep reading until nothing came for 400 ms (or --drain is over)
  u64 dstart = now_ns(); u64 lastrx = 0; if (!O.count) O.count = g_pub ? (long)g_pub : 0; // stops an unbounded publisher
  while (!O.hold && now_ns() - dstart < O.drain * 1e9) { usleep(20000); lastrx = 0; for (int i = 0; i < O.threads; i++) if (T[i].last_rx > lastrx) lastrx = T[i].last_rx; u64 q = now_ns(); if ((O.expect && g_done >= O.n) || (q - lastrx > O.idle * 1e9 && q - dstart > O.idle * 1e9) || (g_pub && !O.stall && atomic_load(&g_done) == 0 && total_events() >= g_pub * (u64)g_opened && (!O.pub_url || g_pub == (u64)O.count))) break; }
  for (int i = 0; i < O.threads; i++) if (T[i].last_rx > lastrx) lastrx = T[i].last_rx;
  u64 w1 = now_ns(); pstat p1 = read_pids(false); getrusage(RUSAGE_SELF, &r1); pstat p1p = read_pids(true); long sm1 = sock_mem_kb(); phase = 3; for (int i = 0; i < O.threads; i++) pthread_join(T[i].th, 0); if (hasp) { pthread_join(pt, 0); }
  static hist lat, dn; u64 reads = 0, bytes = 0, ev = 0, mk = 0, gaps = 0, dups = 0; for (int i = 0; i < O.threads; i++) { hmerge(&lat, &T[i].lat); hmerge(&dn, &T[i].done); reads += T[i].reads; bytes += T[i].bytes; ev += T[i].events; mk += T[i].markers; gaps += T[i].gaps; dups += T[i].dups; }
  double cpu = p1.sched - p0.sched, wall = (w1 - w0) / 1e9, lc = (r1.ru_utime.tv_sec - r0.ru_utime.tv_sec) + (r1.ru_stime.tv_sec - r0.ru_stime.tv_sec) + ((r1.ru_utime.tv_usec - r0.ru_utime.tv_usec) + (r1.ru_stime.tv_usec - r0.ru_stime.tv_usec)) / 1e6;
  double span = lastrx > w0 ? (lastrx - w0) / 1e9 : wall; i64 tail = (i64)lastrx - (i64)g_last_pub;
  printf("{\"label\":\"%s\",\"n\":%d,\"opened\":%ld,\"failed\":%ld,\"closed\":%ld,\"connect_s\":%.3f,\"connect_cpu_ms_per_conn\":%.4f,\"published\":%llu,\"events\":%llu,\"markers\":%llu,\"expected\":%llu,\"bytes\":%llu,\"reads\":%llu,\"wall\":%.3f,\"span\":%.3f,\"cpu\":%.4f,\"ut\":%.2f,\"st\":%.2f,\"us_per_event\":%.4f,\"bytes_per_event\":%.1f,\"lat_ms\":{\"p50\":%.3f,\"p90\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f},\"tail_ms\":%.1f,\"pub_rtt_ms\":{\"p50\":%.3f,\"p99\":%.3f},\"pub_late_ms\":%.1f,\"pub_bad\":%d,\"done\":%llu,\"done_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f},\"gaps\":%llu,\"dups\":%llu,\"load_cpu\":%.3f,\"load_share\":%.3f,\"srv_share\":%.3f,\"rss_mb\":{\"before\":%.2f,\"open\":%.2f,\"end\":%.2f,\"max\":%.2f},\"pss_mb\":{\"before\":%.2f,\"end\":%.2f},\"sock_kb\":{\"before\":%ld,\"open\":%ld,\"end\":%ld,\"max\":%ld}}\n",
    O.label ? O.label : "", O.n, g_opened, g_failed, g_closed, (tc1 - tc0) / 1e9, O.n ? (pc.sched - p00.sched) * 1e3 / O.n : 0, (unsigned long long)g_pub, (unsigned long long)ev, (unsigned long long)mk, (unsigned long long)g_pub * (g_opened - O.stall), (unsigned long long)bytes, (unsigned long long)reads, wall, span, cpu, p1.ut - p0.ut, p1.st - p0.st, ev ? cpu * 1e6 / ev : 0, ev ? (double)bytes / ev : 0, hpct(&lat, .5) / 1e6, hpct(&lat, .9) / 1e6, hpct(&lat, .95) / 1e6, hpct(&lat, .99) / 1e6, hpct(&lat, .999) / 1e6, lat.max / 1e6, tail / 1e6, hpct(&pub_rtt, .5) / 1e6, hpct(&pub_rtt, .99) / 1e6, pub_late_max / 1e6, pub_bad, (unsigned long long)dn.n, hpct(&dn, .5) / 1e6, hpct(&dn, .99) / 1e6, dn.max / 1e6, (unsigned long long)gaps, (unsigned long long)dups, lc, lc / wall, cpu / wall, p00.rss / 1024, p0.rss / 1024, p1.rss / 1024, rssmax / 1024, p00.pss / 1024, p1p.pss / 1024, sm00, sm0, sm1, smmax);
  (void)ok; return g_failed ? 1 : 0;
}
