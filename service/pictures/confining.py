"""What a process gives up for good before it touches what strangers sent."""

import ctypes
import os
import platform
import resource
import struct
import sys

NICER = 10  # People who wait for a page come first.
# Linux' numbers: of seccomp(2), and of what opens a way out, starts another program or reaches into one
# that runs (sockets, execve, ptrace, process_vm_readv, pidfd_getfd, io_uring).
SYSTEM_CALLS = {
    "x86_64": (0xC000003E, 317, (41, 42, 53, 59, 101, 310, 311, 322, 425, 438)),
    "aarch64": (0xC00000B7, 277, (198, 199, 203, 117, 221, 270, 271, 281, 425, 438)),
}
OF_ANOTHER_KIND = 0x40000000  # Numbers from here on are the same calls once more (x32).
NO_NEW_PRIVILEGES = 38  # prctl(2)
SET_FILTER, ALL_THREADS = 1, 1
LOAD, EQUAL, FROM, RETURN = (
    0x20,
    0x15,
    0x35,
    0x06,
)  # Classic BPF: a word of the call, comparisons, a verdict.
ALLOW, DENY = 0x7FFF0000, 0x00050000 | 13  # EACCES
NUMBER, ARCHITECTURE = 0, 4  # Where they are in what the kernel shows of a call.


def confine(megabytes: int) -> bool:
    """No more memory than that, no core dump, no file written; no network and no other program, if the
    kernel can refuse them: whether it does."""
    os.nice(NICER)
    limit = megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    return _without_ways_out()


def _without_ways_out() -> bool:
    """With seccomp, which needs no privilege and can't be undone."""
    if sys.platform != "linux" or platform.machine() not in SYSTEM_CALLS:
        return False
    architecture, seccomp, denied = SYSTEM_CALLS[platform.machine()]
    steps = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, DENY)]
    steps += [(LOAD, 0, 0, NUMBER), (FROM, len(denied) + 1, 0, OF_ANOTHER_KIND)]
    # Each leads past those that are left and past ALLOW.
    steps += [(EQUAL, len(denied) - at, 0, number) for at, number in enumerate(denied)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENY)]
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    told = struct.pack("@HP", len(steps), ctypes.addressof(held))
    libc, none = ctypes.CDLL(None, use_errno=True), ctypes.c_ulong(0)
    if libc.prctl(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), none, none, none):
        return False
    flags = ctypes.c_ulong(ALL_THREADS)
    return not libc.syscall(ctypes.c_long(seccomp), ctypes.c_ulong(SET_FILTER), flags, told)
