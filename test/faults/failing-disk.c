// A preloaded library that makes the disk below the folder WEIR_DISK fail. While the file WEIR_DISK_FAULT exists, every
// write fails with the error number in it; if the file contains `r`, every read fails too. Linux only.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Uses system calls, because `open` and `read` are replaced below.
static int fault(int reads) {
  const char *path = getenv("WEIR_DISK_FAULT");
  int file = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[16] = "";
  long length = syscall(SYS_read, file, text, sizeof text - 1);
  syscall(SYS_close, file);
  if (length <= 0 || (reads && strchr(text, 'r') == NULL)) return 0;
  return atoi(text);
}

static int is_below(const char *path) {
  const char *folder = getenv("WEIR_DISK");
  return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_on_disk(int fd) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return is_below(path);
}

// Returns -1 if the disk fails, otherwise calls the C library's own function.
#define REAL(result, name, ...) ((result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))
#define FAIL_ON(condition, reads) \
  do { \
    int kept = errno; \
    int code = (condition) ? fault(reads) : 0; \
    errno = code == 0 ? kept : code; \
    if (code != 0) return -1; \
  } while (0)

#define ON_FD(result, name, reads, parameters, arguments, ...) \
  result name parameters { \
    FAIL_ON(is_on_disk(fd), reads); \
    return REAL(result, #name, __VA_ARGS__) arguments; \
  }

ON_FD(ssize_t, write, 0, (int fd, const void *data, size_t size), (fd, data, size), int, const void *, size_t)
ON_FD(ssize_t, pwrite, 0, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), int, const void *, size_t, off_t)
ON_FD(ssize_t, pwrite64, 0, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), int, const void *, size_t, off64_t)
ON_FD(ssize_t, writev, 0, (int fd, const struct iovec *parts, int count), (fd, parts, count), int, const struct iovec *, int)
ON_FD(ssize_t, pwritev, 0, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at), int, const struct iovec *, int, off_t)
ON_FD(ssize_t, pwritev64, 0, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at), int, const struct iovec *, int, off64_t)
ON_FD(ssize_t, read, 1, (int fd, void *data, size_t size), (fd, data, size), int, void *, size_t)
ON_FD(ssize_t, pread, 1, (int fd, void *data, size_t size, off_t at), (fd, data, size, at), int, void *, size_t, off_t)
ON_FD(ssize_t, pread64, 1, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at), int, void *, size_t, off64_t)
ON_FD(int, fsync, 0, (int fd), (fd), int)
ON_FD(int, fdatasync, 0, (int fd), (fd), int)
ON_FD(int, ftruncate, 0, (int fd, off_t size), (fd, size), int, off_t)
ON_FD(int, ftruncate64, 0, (int fd, off64_t size), (fd, size), int, off64_t)

int rename(const char *from, const char *to) {
  FAIL_ON(is_below(to), 0);
  return REAL(int, "rename", const char *, const char *)(from, to);
}

int unlink(const char *path) {
  // A full disk still allows deletion.
  FAIL_ON(is_below(path) && fault(0) != ENOSPC, 0);
  return REAL(int, "unlink", const char *)(path);
}

static int open_file(const char *name, const char *path, int flags, mode_t mode) {
  FAIL_ON(is_below(path) && (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0, 0);
  FAIL_ON(is_below(path), 1);
  return REAL(int, name, const char *, int, ...)(path, flags, mode);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return open_file(#name, path, flags, mode); \
  }

OPEN(open)
OPEN(open64)
