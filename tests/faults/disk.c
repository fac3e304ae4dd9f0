// SPDX-License-Identifier: MIT
// A faulty disk for a master under test, preloaded into it: what lies below KILN_DISK_ROOT can be full or read-only, a
// commit can be held back, and the process can be killed at a chosen write. disk.py steers it through the file
// KILN_DISK_CONTROL, which both map.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum kill_kind { kill_never, wal_write_before, wal_write_half, wal_sync_before, wal_sync_after, log_write_before, log_write_half };

// The same as FIELDS in disk.py.
struct control {
  _Atomic int64_t error;       // errno of every write below the root; 0: the disk works
  _Atomic int64_t space;       // bytes that can still be written; negative: no limit
  _Atomic int64_t only;        // the place that fails; 0: all
  _Atomic int64_t hold_syncs;  // each commit waits for a permit
  _Atomic int64_t permits;     // number of the last commit that may go on
  _Atomic int64_t held;        // number of the commit that waits now; 0: none
  _Atomic int64_t hold_logs;   // writes of logs wait
  _Atomic int64_t logs_held;   // how many do
  _Atomic int64_t kill_kind;
  _Atomic int64_t kill_at;     // at the n-th from the start of counting
  _Atomic int64_t wal_writes, wal_syncs, log_writes;
  _Atomic int64_t refused;     // writes that failed because of `error` or `space`
};

// Numbers that disk.py knows.
enum place { elsewhere, other_file, wal_file, log_file };

static struct control *control;
static char root[4096];
static size_t root_size;

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("KILN_DISK_CONTROL");
  const char *below = getenv("KILN_DISK_ROOT");
  if (!file || !below || strlen(below) >= sizeof root) return;
  const int fd = (int)open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED) abort();
  strcpy(root, below);
  root_size = strlen(root);
  control = mapped;
}

static int ends_with(const char *text, size_t size, const char *end) {
  const size_t n = strlen(end);
  return size >= n && memcmp(text + size - n, end, n) == 0;
}

static enum place place_of_path(const char *path, size_t size) {
  if (size < root_size || memcmp(path, root, root_size) != 0) return elsewhere;
  if (ends_with(path, size, "-wal")) return wal_file;
  return strstr(path, "/kiln-logs/") ? log_file : other_file;
}

static enum place place_of(int fd) {
  if (!control) return elsewhere;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return elsewhere;
  path[size] = 0;
  return place_of_path(path, (size_t)size);
}

static void pause_shortly(void) {
  const struct timespec shortly = {0, 1000000};
  nanosleep(&shortly, NULL);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause_shortly();
}

static int kills(enum kill_kind kind, int64_t count) { return control->kill_kind == kind && control->kill_at == count; }

// How many of `size` bytes may be written: all, some, or -1 with errno.
static ssize_t allowed(enum place place, size_t size) {
  if (place == elsewhere || (control->only && control->only != (int64_t)place)) return (ssize_t)size;
  if (control->error) {
    ++control->refused;
    errno = (int)control->error;
    return -1;
  }
  const int64_t space = control->space;
  if (space < 0) return (ssize_t)size;
  if (space == 0) {
    ++control->refused;
    errno = ENOSPC;
    return -1;
  }
  const int64_t taken = space < (int64_t)size ? space : (int64_t)size;
  control->space -= taken;
  return (ssize_t)taken;
}

static int may_change(enum place place) { return place == elsewhere || allowed(place, 0) == 0; }

typedef ssize_t (*writer)(int, const void *, size_t, off_t);

static ssize_t guarded_write(writer write_now, int fd, const void *data, size_t size, off_t offset) {
  const enum place place = place_of(fd);
  if (place == log_file) {
    if (control->hold_logs) ++control->logs_held;
    while (control->hold_logs) pause_shortly();
  }
  const ssize_t room = allowed(place, size);
  if (room < 0) return -1;
  if (place == wal_file || place == log_file) {
    const int is_wal = place == wal_file;
    const int64_t count = is_wal ? ++control->wal_writes : ++control->log_writes;
    if (kills(is_wal ? wal_write_before : log_write_before, count)) die();
    if (kills(is_wal ? wal_write_half : log_write_half, count)) {
      write_now(fd, data, size / 2, offset);
      die();
    }
  }
  return write_now(fd, data, (size_t)room, offset);
}

static ssize_t plain_write(int fd, const void *data, size_t size, off_t offset) {
  (void)offset;
  REAL(ssize_t, "write", int, const void *, size_t);
  return real(fd, data, size);
}

static ssize_t placed_write(int fd, const void *data, size_t size, off_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  return real(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size) { return guarded_write(plain_write, fd, data, size, 0); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return guarded_write(placed_write, fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return guarded_write(placed_write, fd, data, size, at); }

static void wait_for_permit(int64_t count) {
  if (!control->hold_syncs || control->permits >= count) return;
  control->held = count;
  while (control->hold_syncs && control->permits < count) pause_shortly();
  control->held = 0;
}

static int guarded_sync(int (*sync_now)(int), int fd) {
  const enum place place = place_of(fd);
  int64_t count = 0;
  if (place == wal_file) {
    count = ++control->wal_syncs;
    if (kills(wal_sync_before, count)) die();
    wait_for_permit(count);
  }
  if (!may_change(place)) return -1;
  const int done = sync_now(fd);
  if (place == wal_file && kills(wal_sync_after, count)) die();
  return done;
}

static int real_fsync(int fd) {
  REAL(int, "fsync", int);
  return real(fd);
}

static int real_fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return real(fd);
}

int fsync(int fd) { return guarded_sync(real_fsync, fd); }
int fdatasync(int fd) { return guarded_sync(real_fdatasync, fd); }

int fallocate(int fd, int mode, off_t offset, off_t size) {
  REAL(int, "fallocate", int, int, off_t, off_t);
  return may_change(place_of(fd)) ? real(fd, mode, offset, size) : -1;
}

int posix_fallocate(int fd, off_t offset, off_t size) {
  REAL(int, "posix_fallocate", int, off_t, off_t);
  return may_change(place_of(fd)) ? real(fd, offset, size) : errno;
}

// A file that becomes longer needs space, one that is cut does not; a read-only disk refuses both.
static int may_resize(int fd, off_t size) {
  const enum place place = place_of(fd);
  struct stat info;
  if (place == elsewhere || (fstat(fd, &info) == 0 && size <= info.st_size && control->error != EROFS)) return 1;
  return may_change(place);
}

int ftruncate(int fd, off_t size) {
  REAL(int, "ftruncate", int, off_t);
  return may_resize(fd, size) ? real(fd, size) : -1;
}

int ftruncate64(int fd, off64_t size) {
  REAL(int, "ftruncate64", int, off64_t);
  return may_resize(fd, size) ? real(fd, size) : -1;
}

static int may_open(const char *path, int flags) {
  if (!control || path[0] != '/' || !control->error) return 1;
  const enum place place = place_of_path(path, strlen(path));
  if (place == elsewhere || (control->only && control->only != (int64_t)place)) return 1;
  const int writes = (flags & O_ACCMODE) != O_RDONLY;
  const int makes = (flags & O_CREAT) && access(path, F_OK) != 0;
  if (makes || (writes && control->error == EROFS)) {
    ++control->refused;
    errno = (int)control->error;
    return 0;
  }
  return 1;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return may_open(path, flags) ? real(path, flags, mode) : -1; \
  }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  const enum place place = control && path[0] == '/' ? place_of_path(path, strlen(path)) : elsewhere;
  return place == elsewhere || access(path, F_OK) == 0 || may_change(place) ? real(path, mode) : -1;
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  const enum place place = control && to[0] == '/' ? place_of_path(to, strlen(to)) : elsewhere;
  return place == elsewhere || control->error != EROFS || may_change(place) ? real(from, to) : -1;
}
