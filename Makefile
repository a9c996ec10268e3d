# SPDX-License-Identifier: GPL-2.0-only
# For people; what kbuild reads is in the Kbuild files. "make help" tells.
KDIR ?= /lib/modules/$(shell uname -r)/build

CFLAGS ?= -O2 -g
TEST_CFLAGS := $(CFLAGS) -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -pthread
TESTS := data pages refuse faults window huge huge-back huge-fork blocks revoke helpers \
	move resolve wait policies prefault dirty access watch trace mspec xip xip-load cow spe \
	signals exits marked vram torture gdb ioctls small-bar cache limits readme
# In guests only: what would take a machine's devices or modules away, needs
# other modules, or measures, or makes allocations fail.
GUEST_TESTS := clients demo patterns fail-nodes fail-patterns fail-faults fail-maps \
	fail-bind fail-modules out-of-range races unplug unplug-waits unplug-rmmod \
	bench-touch bench-back bench-wake bench-wall bench-loop
TEST_HEADERS := $(wildcard userspace-tests/*.h userspace-tests/kmod/*.h) \
	$(wildcard demo-driver/pfnfault_*.h)
# scripts/programs sets these, for other architectures.
OUT := build/tests
TOOLS := need-tools
GUEST_PROGRAMS := $(addprefix $(OUT)/,$(TESTS) $(GUEST_TESTS))
HOST_PROGRAMS := $(addprefix build/tests/host/,host-peer count-stamps on-vram.so registers)

# On the command line, these reach kbuild; here they are only checked.
ifneq ($(filter-out 0 1 2 3 12 13 23 123 e,$(W)),)
$(error W=$(W): kbuild knows 1, 2, 3 and e)
endif

.PHONY: modules
modules: need-kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

.PHONY: need-kdir
need-kdir:
	@[ -e $(KDIR)/Makefile ] || { \
	  echo "No kernel headers in $(KDIR): install linux-headers-$$(uname -r)," \
	    "or say KDIR=/path/to/headers." >&2; \
	  echo "(Without a kernel to build for, make demo and make check bring" \
	    "one of their own.)" >&2; exit 1; }

# Debian's headers have no System.map, without which kbuild runs no depmod.
.PHONY: install
install: need-kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	$(if $(INSTALL_MOD_PATH),,@PATH="$$PATH:/usr/sbin:/sbin" && \
	  depmod "$$(modinfo -F vermagic module/pfnfault.ko | cut -d' ' -f 1)")

# With DKMS's key, or that of KEY= and CERT=.
.PHONY: sign
sign: need-kdir
	@KDIR='$(KDIR)' scripts/sign

.PHONY: load
load:
	@PFNFAULT_KO=module/pfnfault.ko \
	 PFNFAULT_DEMO_KO=demo-driver/pfnfault_demo.ko \
	 scripts/load $(if $(CACHE),cache=$(CACHE))

.PHONY: unload
unload:
	@scripts/load -u

# Programs for the guest are static: it has no libc.
.PHONY: tests guest-programs
tests: guest-programs $(HOST_PROGRAMS)
guest-programs: $(GUEST_PROGRAMS)

$(OUT)/%: userspace-tests/%.c $(TEST_HEADERS) | $(TOOLS)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) $(TEST_CFLAGS) -static -o $@ $<

build/tests/host/%: userspace-tests/%.c $(TEST_HEADERS) | need-cc
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) $(TEST_CFLAGS) -o $@ $<

build/tests/host/%.so: userspace-tests/%.c $(TEST_HEADERS) | need-cc
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) $(TEST_CFLAGS) -shared -fPIC -o $@ $<

# Of C++, for guests, too.
build/tests/host/registers: userspace-tests/registers.cc | need-c++
	@mkdir -p $(@D)
	@echo "  CXX     $@"
	@$(CXX) $(CFLAGS) -std=c++17 -Wall -Wextra -Werror -static -o $@ $<

# Once for all that a guest takes, and what check-host takes.
.PHONY: need-tools need-cc need-c++
need-tools:
	@scripts/need cc libc.a mmdebstrap unshare qemu-system-x86_64 busybox \
	  cpio gzip prove

need-cc:
	@scripts/need cc libc.a

need-c++:
	@scripts/need c++ libc.a

.PHONY: demo
demo: need-tools tests
	@scripts/demo

# A driver of one's own, in DIR=.
.PHONY: try
try: need-tools
	@scripts/try '$(DIR)' $(KERNEL)

# KERNEL= and ARCH= ask for some of scripts/kernels.
.PHONY: check check-all
check check-all: need-tools tests
	@KERNEL='$(KERNEL)' ARCH='$(ARCH)' scripts/$@

# All of it on the debug kernels, and for MINUTES= what goes on for as long as one
# lets it.
.PHONY: check-debug
check-debug: need-tools tests litmus
	@KERNEL='$(KERNEL)' ARCH='$(ARCH)' MINUTES='$(or $(MINUTES),10)' \
	  scripts/check-all debug

# What of that .ci/run has the time for.
.PHONY: check-short
check-short: need-tools tests
	@KERNEL='$(or $(KERNEL),7.2-kasan)' ARCH='$(ARCH)' scripts/check-all short

# Which lines of module/ the tests run.
.PHONY: coverage
coverage: need-tools tests
	@scripts/coverage $(KERNEL)

# From what these two found, and make litmus.
.PHONY: reliability
reliability:
	@scripts/reliability

# A release: what is committed, the same whoever makes it.
.PHONY: dist
dist:
	@scripts/dist

# The Debian packages, and what they do on clean Debians; RELEASE= names one.
.PHONY: deb check-package
deb:
	@scripts/deb

check-package: need-tools tests
	@RELEASE='$(RELEASE)' scripts/check-package $(TESTS)

# The newest kernels that Debian has now, instead of those that were brought.
.PHONY: update-kernels
update-kernels:
	@find build/kernels -maxdepth 1 -type l -delete
	@rm -f build/package/*.key

# From what make check-all found.
.PHONY: support-table
support-table:
	@scripts/support-table

# For as long as asked: MINUTES= or SECONDS=, SEED= to repeat what was seen, SMP=
# for so many CPUs; PAGES=512 for huge entries, 700 for both.
KERNEL_OR_NEWEST = $(or $(KERNEL),$(shell awk '/quick$$/ { name = $$1 } END { print name }' scripts/kernels))
.PHONY: torture
torture: need-tools tests
	@scripts/torture '$(KERNEL_OR_NEWEST)' 'MINUTES=$(MINUTES)' \
	  'SECONDS=$(SECONDS)' 'SEED=$(SEED)' 'SMP=$(SMP)' 'PAGES=$(PAGES)'

# stress-ng, on the nodes and beside them, for MINUTES=8 or SECONDS=; SMP= as above.
.PHONY: stress
stress: need-tools tests
	@scripts/stress '$(KERNEL_OR_NEWEST)' 'MINUTES=$(MINUTES)' \
	  'SECONDS=$(SECONDS)' 'SMP=$(SMP)'

# What pfnfault costs, beside what drivers do without it; check-bench is the part
# that any machine can repeat, as a test.
.PHONY: bench check-bench
bench: need-tools tests
	@scripts/bench $(KERNEL)

check-bench: need-tools tests
	@scripts/bench --count $(KERNEL)

# The traces and pictures of docs/faultmap.md; KERNEL=.
.PHONY: faultmap
faultmap: need-tools tests
	@scripts/patterns '$(KERNEL_OR_NEWEST)'

.PHONY: check-host
check-host: need-modules $(addprefix build/tests/host/,$(TESTS))
	@scripts/need prove
	prove --exec "" $(filter build/%,$^)

.PHONY: need-modules
need-modules:
	@[ -d /sys/module/pfnfault_demo ] || { \
	  echo "The modules are not loaded: make, then make load." >&2; exit 1; }

.PHONY: lint
lint:
	@scripts/lint

# HTML and manual pages, in build/docs.
.PHONY: docs
docs:
	@scripts/docs

# The race argument by the kernel's memory model, and what tells when it is not.
.PHONY: litmus
litmus:
	@scripts/litmus
	@prove --exec bash userspace-tests/litmus.sh

.PHONY: clean
clean:
	@rm -rf build/tests build/guests build/check build/demo build/lint \
	  build/bench build/docs build/try build/check-all build/check-debug build/check-short \
	  build/coverage build/patterns build/torture build/stress build/deb build/dist build/litmus
	@[ ! -e $(KDIR)/Makefile ] || $(MAKE) -C $(KDIR) M=$(CURDIR) clean

.PHONY: distclean
distclean: clean
	@scripts/remove-userlands

.PHONY: help
help:
	@echo 'On a fresh machine (Debian; root or sudo), with nothing loaded on it:'
	@echo '  make demo        a PCI BAR mapped, faulted and removed, in a guest'
	@echo '  make try DIR=    a driver of your own, in a guest; KERNEL=7.3'
	@echo '  make check       all tests, in guests; KERNEL=6.1 for one kernel, ARCH=arm64'
	@echo '  make check-all   ... on each of scripts/kernels; goes on where it stopped'
	@echo '  make check-debug ... on kernels that look for races, leaks and locks; MINUTES='
	@echo '  make check-short ... on KERNEL=7.2-kasan, a part of that'
	@echo '  make update-kernels  take newer kernels next time, where Debian has them'
	@echo '  make torture     no stale page, for MINUTES=1; KERNEL=, SEED=, SMP=, PAGES='
	@echo '  make stress      stress-ng on the device nodes, for MINUTES=8; KERNEL=, SMP='
	@echo '  make bench       the figures, beside other strategies; KERNEL='
	@echo '  make check-bench those of them that are instruction counts, as a test'
	@echo '  make check-package  the Debian packages, on clean Debians; RELEASE=trixie'
	@echo '  make faultmap    the pictures of docs/faultmap.md; KERNEL='
	@echo '  make coverage    which lines of module/ the tests run'
	@echo '  make lint        compilers, sparse, checkpatch and shellcheck'
	@echo '  make docs        the documents as HTML, the API as manual pages too'
	@echo '  make litmus      the race argument, by the memory model of the kernel'
	@echo 'On this kernel:'
	@echo '  make             build the modules; KDIR=, W=1, C=1, LLVM=1'
	@echo '  make sign        ... sign them, for Secure Boot; KEY=, CERT='
	@echo '  make load        insmod them; CACHE=wb, wc or uc'
	@echo '  make check-host  the tests, on this machine, with the modules loaded'
	@echo '  make unload      rmmod them'
	@echo '  make install     into /lib/modules, for modprobe'
	@echo 'And:'
	@echo '  make deb         build Debian packages, build/deb/*.deb'
	@echo '  make dist        a tarball of what is committed, build/dist/*.tar.xz'
	@echo '  make clean       remove what was built'
	@echo '  make distclean   ... and what was downloaded'
