/*
 * The limit that the benches measure against: a UDP server that does nothing. It takes bursts with
 * recvmmsg, sets QR in each message and sends them back with sendmmsg; no parsing, no cache, no limits.
 *
 *   cc -O2 -o echo echo.c && ./echo 127.0.0.1 5300
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SLOTS 64
#define OCTETS 4096

static struct mmsghdr in[SLOTS], out[SLOTS];
static struct iovec in_data[SLOTS], out_data[SLOTS];
static struct sockaddr_in from[SLOTS];
static unsigned char octets[SLOTS][OCTETS];

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int size = 2 * 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &local.sin_addr);
  if (bind(fd, (struct sockaddr *)&local, sizeof local) < 0) {
    perror("bind");
    return 1;
  }
  for (int i = 0; i < SLOTS; i++) {
    in_data[i] = (struct iovec){octets[i], OCTETS};
    in[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_iov = &in_data[i], .msg_iovlen = 1};
    out_data[i].iov_base = octets[i];
    out[i].msg_hdr = (struct msghdr){
        .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &out_data[i], .msg_iovlen = 1};
  }
  for (;;) {
    for (int i = 0; i < SLOTS; i++) in[i].msg_hdr.msg_namelen = sizeof from[i];
    int count = recvmmsg(fd, in, SLOTS, MSG_WAITFORONE, NULL);
    if (count <= 0) continue;
    for (int i = 0; i < count; i++) {
      octets[i][2] |= 0x80;
      out_data[i].iov_len = in[i].msg_len;
    }
    for (int sent = 0; sent < count;) {
      int n = sendmmsg(fd, out + sent, count - sent, 0);
      sent += n > 0 ? n : 1;
    }
  }
}
