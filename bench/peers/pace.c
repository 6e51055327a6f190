/*
 * A client for latencies: asks for the names of a file in turn, evenly spaced, whatever has been answered, and notes
 * for each response how long it took. One thread that does nothing else; with real-time priority where it may
 * have it, so that what is measured is the server, not how long the client itself waited for its core.
 *
 * pace ADDRESS PORT FILE RATE SECONDS: prints sent, received, and percentiles 50, 99 and 99.9 in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_NAMES = 65536, MAX_QUERY = 300, IDS = 65536, PATIENCE_NS = 1000000000 };

static struct { unsigned char octets[MAX_QUERY]; int length; } queries[MAX_NAMES];
static int64_t sent_at[IDS];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* A query of class IN and type A for a name in text, without escapes. */
static int build(const char *name, unsigned char *out) {
  int at = 12;
  memset(out, 0, 12);
  out[2] = 1; /* RD */
  out[5] = 1; /* QDCOUNT */
  while (*name) {
    int label = strcspn(name, ".");
    out[at++] = label;
    memcpy(out + at, name, label);
    at += label;
    name += label + (name[label] == '.');
  }
  memcpy(out + at, "\0\0\1\0\1", 5);
  return at + 5;
}

static int read_names(const char *path) {
  char name[256], type[16];
  int count = 0;
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  while (count < MAX_NAMES && fscanf(file, "%255s %15s", name, type) == 2) {
    queries[count].length = build(name, queries[count].octets);
    count++;
  }
  fclose(file);
  return count;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  struct sched_param priority = {.sched_priority = 1};
  struct sockaddr_in server = {.sin_family = AF_INET};
  if (argc != 6) return 2;
  server.sin_port = htons(atoi(argv[2]));
  inet_pton(AF_INET, argv[1], &server.sin_addr);
  int names = read_names(argv[3]);
  int64_t gap = 1000000000LL / atoi(argv[4]);
  int total = atoi(argv[4]) * atoi(argv[5]);
  int64_t *took = malloc(total * sizeof *took);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (names == 0 || !took || connect(fd, (struct sockaddr *)&server, sizeof server) != 0) return 1;
  sched_setscheduler(0, SCHED_FIFO, &priority); /* Refused to most users. */

  int sent = 0, received = 0;
  int64_t next = now(), end = 0;
  while (received < total) {
    int64_t at = now();
    if (sent < total && at >= next) {
      unsigned char *query = queries[sent % names].octets;
      query[0] = sent >> 8;
      query[1] = sent;
      sent_at[sent % IDS] = at;
      send(fd, query, queries[sent % names].length, 0);
      next += gap;
      if (++sent == total) end = at + PATIENCE_NS;
      continue;
    }
    if (sent == total && at >= end) break;
    int64_t wait = (sent < total ? next : end) - at;
    struct timespec timeout = {wait / 1000000000, wait % 1000000000};
    struct pollfd readable = {fd, POLLIN, 0};
    if (ppoll(&readable, 1, &timeout, NULL) != 1) continue;
    unsigned char response[4096];
    if (recv(fd, response, sizeof response, 0) < 12) continue;
    took[received++] = now() - sent_at[response[0] << 8 | response[1]];
  }
  qsort(took, received, sizeof *took, ascending);
  if (received == 0) return 1;
  printf("%d %d %.1f %.1f %.1f\n", sent, received, took[received / 2] / 1e3, took[(int)(received * 0.99)] / 1e3,
         took[(int)(received * 0.999)] / 1e3);
  return 0;
}
