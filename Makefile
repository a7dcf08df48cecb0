# Makefile - one GNU make for everything; sources are found by wildcard, nothing is written
# outside of $(BUILD). `make help` lists the targets.
#
#   BUILD=dir        where everything that is made lies, configure and its findings included
#   SAN=list         -fsanitize=list; objects lie in a folder of their own below $(BUILD)
#   WERROR=yes       warnings stop the build
#   MLC_DATA=dir     the raw files that some tests read; those say when it is absent
#   TEST="a b"       only these suites and scripts in `make check`

BUILD ?= build
SAN ?=
WERROR ?= no
V ?=
PREFIX ?= /usr/local
DESTDIR ?=
MLC_DATA ?= ../shared/data
MLC_DEPS ?= yes
FUZZ_S ?= 60
TEST ?=
CONFIGURE_FLAGS ?=

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

comma := ,
space := $() $()
TOP := $(CURDIR)
OUT := $(BUILD)$(if $(SAN),/$(subst $(comma),-,$(SAN)))
SO := 1
VERSION := $(shell awk '/define MLC_VERSION_(MAJOR|MINOR|PATCH)/ {v = v s $$3; s = "."} END {print v}' \
	include/mlcycle/context.h)

# ------------------------------------------------------------------- sources

LIB_C := $(sort $(wildcard lib/*.c lib/*/*.c))
CLI_C := $(sort $(wildcard bindings/cli/*.c))
EXAMPLE_C := $(sort $(wildcard bindings/c/examples/*.c))
TEST_C := $(sort $(wildcard tests/*/test_*.c))
SUPPORT_C := $(filter-out $(TEST_C),$(sort $(wildcard tests/support/*.c tests/main/*.c)))
BENCH_C := $(sort $(wildcard tests/bench/bench_*.c))
PROGRAM_C := $(sort $(wildcard tests/*/prog_*.c))
FUZZ_C := $(sort $(wildcard tests/fuzz/fuzz_*.c))
SCRIPTS := $(sort $(wildcard tests/*/check_*.sh))
HEADERS := $(sort $(wildcard include/mlcycle.h include/mlcycle/*.h))
MAN := $(sort $(wildcard man/*.1 man/*.3))
# Tables of figures that scripts print are left as they are.
FORMATTED := $(filter-out %_values.h %figures.h,$(LIB_C) $(CLI_C) $(EXAMPLE_C) $(HEADERS) \
	$(wildcard lib/*.h lib/*/*.h bindings/cli/*.h bindings/cpp/*.hpp tests/cpp/*.cpp tests/*/*.c tests/*/*.h))

objects = $(patsubst %.c,$(OUT)/%.o,$(1))
LIB_O := $(call objects,$(LIB_C))
CLI_O := $(call objects,$(CLI_C))
TEST_O := $(call objects,$(TEST_C) $(SUPPORT_C))
EXAMPLES := $(patsubst bindings/c/examples/%.c,$(OUT)/examples/%,$(EXAMPLE_C))
PROGRAMS := $(patsubst %.c,$(OUT)/programs/%,$(notdir $(PROGRAM_C)))
BENCHES := $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(BENCH_C))
FUZZERS := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(FUZZ_C))
REPLAYS := $(patsubst tests/fuzz/%.c,$(OUT)/replay/%,$(FUZZ_C))

STATIC := $(OUT)/libmlcycle.a
SHARED := $(OUT)/libmlcycle.so.$(SO)
CLI := $(if $(CLI_C),$(OUT)/mlcycle)
RUNNER := $(OUT)/tests/runner

# ------------------------------------------------------------ configuration

# Goals that read or remove files only need no compiler and no libraries.
PLAIN_GOALS := clean help dist format format-check layers docs uninstall arm
ifneq ($(filter-out $(PLAIN_GOALS),$(or $(MAKECMDGOALS),all)),)
CONFIGURED := yes
include $(BUILD)/config.mk
endif

# What the two commands of README and `make deps` may install; other goals only tell.
INSTALLS := $(filter deps check demo valgrind,$(MAKECMDGOALS))

define say_and_install
	echo "apt-get install -y --no-install-recommends $$packages"; \
	if test "$(MLC_DEPS)" = no; then \
	    echo "MLC_DEPS=no: not installed; install them and run make again" >&2; exit 1; fi; \
	command -v apt-get >/dev/null || { \
	    echo "no apt-get here: install what these packages hold by hand" >&2; exit 1; }; \
	root=; test "$$(id -u)" = 0 || { root=sudo; command -v sudo >/dev/null || { \
	    echo "neither root nor sudo: run the line above as root" >&2; exit 1; }; }; \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null; \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    $$packages </dev/null || exit 1
endef

define run_configure
	( cd $(BUILD) && autoconf -o configure $(TOP)/configure.ac && \
	  ./configure --srcdir=$(TOP) -q $(CONFIGURE_FLAGS) )
endef

ifneq ($(CONFIGURED),)
# Something that only tests need was missing: look again when tests are wanted.
ifneq ($(INSTALLS),)
ifneq ($(strip $(MISSING)),)
$(BUILD)/config.mk: FORCE
endif
endif

$(BUILD)/config.mk: configure.ac
	@mkdir -p $(BUILD)
ifneq ($(INSTALLS),)
	@packages=; \
	command -v cc >/dev/null || packages="$$packages gcc libc6-dev"; \
	command -v g++ >/dev/null || packages="$$packages g++"; \
	command -v autoconf >/dev/null || packages="$$packages autoconf"; \
	command -v pkg-config >/dev/null || packages="$$packages pkg-config"; \
	if test -n "$$packages"; then $(say_and_install); fi
	@rm -f $(BUILD)/missing-packages; $(run_configure) 2>$(BUILD)/configure.err || \
	    test -s $(BUILD)/missing-packages || { cat $(BUILD)/configure.err >&2; exit 1; }
	@if test -s $(BUILD)/missing-packages; then \
	    packages=$$(cat $(BUILD)/missing-packages); $(say_and_install); $(run_configure); fi
	@if test -s $(BUILD)/missing-packages; then exit 1; fi
else
	@command -v autoconf >/dev/null || { echo "autoconf is missing; on Debian and Ubuntu," \
	    "make deps installs all that is needed" >&2; exit 1; }
	@$(run_configure)
endif
	@touch $@

$(BUILD)/config.h: | $(BUILD)/config.mk ;
endif

# -------------------------------------------------------------------- flags

OPT ?= -O2
CFLAGS ?= $(OPT) -g
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wno-format-nonliteral \
	-Wimplicit-fallthrough -Wdate-time -Werror=implicit-function-declaration \
	-Werror=incompatible-pointer-types -Werror=int-conversion -Werror=return-type
TEST_WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wold-style-definition -Wundef
ifeq ($(WERROR),yes)
WARNINGS += -Werror
TEST_WARNINGS += -Werror
endif
ifneq ($(SAN),)
SAN_FLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer
ifneq ($(findstring undefined,$(SAN)),)
SAN_FLAGS += -fno-sanitize-recover=undefined
endif
# Our own mistakes are looked for where the code is compiled anew anyway.
CHECKED := -DMLCI_CHECKED
endif

# Files that were measured to gain from it: lib/... names.
FAST_C :=
$(call objects,$(FAST_C)): OPT := -O3

STD := -std=c11 -pthread -ffp-contract=off -fno-math-errno
LIB_FLAGS = $(STD) -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DMLC_BUILD -fPIC \
	-fvisibility=hidden $(WARNINGS) -include $(BUILD)/config.h -Iinclude -Ilib $(CHECKED) \
	$(SAN_FLAGS) $(CFLAGS) $(LIB_CFLAGS)
CLI_FLAGS = $(STD) -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(WARNINGS) -Iinclude \
	$(SAN_FLAGS) $(CFLAGS)
TEST_FLAGS = $(STD) -D_GNU_SOURCE $(TEST_WARNINGS) -include $(BUILD)/config.h -Iinclude \
	-Ilib -Itests -I$(OUT)/tests $(CHECKED) $(SAN_FLAGS) $(CFLAGS) $(CHECK_CFLAGS) \
	$(LIB_CFLAGS)
LINK = $(SAN_FLAGS) $(LDFLAGS)

quiet = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(2)';)

# A file that changes only when its content does: objects depend on their flags, archives on
# their members.
define write_if_changed
@mkdir -p $(@D); printf '%s\n' $(1) >$@.new; \
if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
endef
# --------------------------------------------------------------------- build

.PHONY: all FORCE
all: $(STATIC) $(if $(SAN),,$(SHARED)) $(CLI) $(EXAMPLES)

FORCE:

$(OUT)/flags: FORCE
	$(call write_if_changed,'$(CC) $(LIB_FLAGS)' '$(CLI_FLAGS)' '$(TEST_FLAGS)')
$(OUT)/members: FORCE
	$(call write_if_changed,$(LIB_O) '$(LIB_LIBS) $(LIB_RPATH)')
$(OUT)/tests/suites.h: FORCE
	$(call write_if_changed,'/* made from the names of the test files */' \
	    $(foreach t,$(TEST_C),'SUITE($(patsubst test_%,%,$(basename $(notdir $(t)))))'))

$(OUT)/lib/%.o: lib/%.c $(OUT)/flags $(BUILD)/config.h
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(LIB_FLAGS) -MMD -MP -c $< -o $@
$(OUT)/bindings/%.o: bindings/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(CLI_FLAGS) -MMD -MP -c $< -o $@
$(OUT)/tests/%.o: tests/%.c $(OUT)/flags $(BUILD)/config.h | $(OUT)/tests/suites.h
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(TEST_FLAGS) -MMD -MP -c $< -o $@

$(STATIC): $(LIB_O) $(OUT)/members
	$(call quiet,AR,$@)rm -f $@; $(AR) rcs $@ $(LIB_O)
$(SHARED): $(LIB_O) lib/mlcycle.map $(OUT)/members
	$(call quiet,LD,$@)$(CC) -shared $(LINK) -Wl,-soname,libmlcycle.so.$(SO) -Wl,--no-undefined \
	    -Wl,--version-script=lib/mlcycle.map -Wl,-z,relro,-z,now -Wl,--as-needed \
	    $(LIB_O) $(LIB_LIBS) $(LIB_RPATH) -o $@
	@ln -sf $(@F) $(OUT)/libmlcycle.so

# The command and the examples know the public headers only.
$(OUT)/mlcycle: $(CLI_O) $(STATIC)
	$(call quiet,LD,$@)$(CC) $(LINK) $(CLI_O) $(STATIC) -Wl,--as-needed $(LIB_LIBS) \
	    $(LIB_RPATH) -o $@
$(OUT)/examples/%: $(OUT)/bindings/c/examples/%.o $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(LINK) $< $(STATIC) -Wl,--as-needed $(LIB_LIBS) $(LIB_RPATH) \
	    -o $@

# For the wheel: what it needs is found beside it, and beside it only.
$(OUT)/python/libmlcycle.so.$(SO): $(LIB_O) lib/mlcycle.map $(OUT)/members
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) -shared $(LINK) -Wl,-soname,libmlcycle.so.$(SO) -Wl,--no-undefined \
	    -Wl,--version-script=lib/mlcycle.map -Wl,-z,relro,-z,now -Wl,--as-needed \
	    -Wl,-rpath,'$$ORIGIN' -Wl,--disable-new-dtags $(LIB_O) $(LIB_LIBS) -o $@

$(RUNNER): $(TEST_O) $(STATIC)
	$(call quiet,LD,$@)$(CC) $(LINK) $(TEST_O) $(STATIC) $(CHECK_LIBS) $(LIB_LIBS) \
	    $(LIB_RPATH) -o $@
# Tests that must be a process of their own; they may use what suites share.
vpath prog_%.c $(sort $(dir $(PROGRAM_C)))
$(OUT)/programs/%.o: %.c $(OUT)/flags $(BUILD)/config.h
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(TEST_FLAGS) -MMD -MP -c $< -o $@
$(OUT)/programs/%: $(OUT)/programs/%.o $(OUT)/tests/support/whole_path.o $(STATIC)
	$(call quiet,LD,$@)$(CC) $(LINK) $(filter %.o,$^) $(STATIC) $(LIB_LIBS) $(LIB_RPATH) -o $@
$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(LINK) $< $(STATIC) $(LIB_LIBS) $(LIB_RPATH) -ldl -o $@
.SECONDARY:

# --------------------------------------------------------------------- tests

.PHONY: deps check runner valgrind fuzz fuzz-run bench demo torture
deps: $(BUILD)/config.mk
	@echo "all that is needed is there"

runner: $(RUNNER)

export MLC_DATA
check: deps all $(RUNNER) $(REPLAYS) $(PROGRAMS)
	@BUILD='$(BUILD)' OUT='$(OUT)' SAN='$(SAN)' CC='$(CC)' CXX='$(CXX)' MAKE='$(MAKE)' \
	VERSION='$(VERSION)' PKG_CONFIG='$(PKG_CONFIG)' EXAMPLES='$(EXAMPLES) $(PROGRAMS)' \
	    sh tests/main/check.sh $(if $(TEST),$(TEST),all)

# Suites that find most under an emulator that is thirty times slower; TEST= names others.
VALGRIND_LEAVES_OUT ?=
valgrind: deps $(RUNNER)
	MLC_EMULATED=1 valgrind -q --error-exitcode=99 --leak-check=full \
	    --errors-for-leak-kinds=definite --show-leak-kinds=definite \
	    $(RUNNER) $(TEST) $(VALGRIND_LEAVES_OUT:%=-%)

# Fuzzers are made by clang; the second make has its own folder for their objects. `make check`
# runs the same functions over the committed seeds without clang.
FUZZ_SAN := address,undefined,fuzzer-no-link
fuzz:
	@$(MAKE) --no-print-directory CC=clang SAN=$(FUZZ_SAN) MLC_DEPS=no fuzz-run
$(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(LINK) -fsanitize=fuzzer $< $(STATIC) $(LIB_LIBS) $(LIB_RPATH) \
	    -o $@
fuzz-run: $(FUZZERS)
	@OUT='$(OUT)' FUZZ_S='$(FUZZ_S)' sh tests/fuzz/fuzz.sh $(FUZZERS)
$(OUT)/replay/%: $(OUT)/tests/fuzz/%.o $(OUT)/tests/fuzz/replay.o $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,LD,$@)$(CC) $(LINK) $(filter %.o,$^) $(STATIC) $(LIB_LIBS) $(LIB_RPATH) -o $@

# Each bench prints its own figures and, where the peers are there, the ratios.
bench: $(BENCHES)
	@OUT='$(OUT)' MLCYCLE='$(CLI)' sh tests/bench/bench.sh $(or $(TEST),$(BENCHES))

# Hours of a store's life in minutes: its writer killed 200 times, many at it for a minute;
# and ten million answers while models are swapped.
torture: $(PROGRAMS) $(RUNNER)
	$(OUT)/programs/prog_store 200 60
	MLC_TORTURE=1 $(RUNNER) swap

demo: deps all
	@$(OUT)/examples/demo

# --------------------------------------------------------------------- Python

# python: the package's tests in a virtual environment of its own, from PyPI; `make check` runs
# what the numpy of this machine allows. wheel: made, and tried with each Python that is found.
.PHONY: python python-library wheel
PYTHON ?= python3
python: $(SHARED)
	@OUT='$(OUT)' PYTHON='$(PYTHON)' sh tests/python/python.sh
python-library: $(OUT)/python/libmlcycle.so.$(SO)
wheel:
	@MLC_BUILD='$(BUILD)' OUT='$(OUT)' PYTHON='$(PYTHON)' sh tests/python/wheel.sh

# ------------------------------------------------------------- habits, looked after

.PHONY: layers abi abi-renew docs format format-check arm size
layers:
	@awk -f tests/layers/layers.awk $$(find $(wildcard lib include bindings) -name '*.[ch]' | sort)

abi: $(SHARED) $(STATIC)
	@sh tests/abi/symbols.sh $(SHARED) $(STATIC)
	@sh tests/abi/abi.sh compare $(SHARED)
abi-renew: $(SHARED)
	@sh tests/abi/abi.sh renew $(SHARED)

docs:
	@sh tests/docs/docs.sh

format:
	clang-format -i $(FORMATTED)
format-check:
	@clang-format --dry-run -Werror $(FORMATTED)

# The same tests as 64-bit ARM code under an emulator: the same bits on another machine. Wants
# Debian's cross compiler, qemu-user and the libraries' arm64 packages; .ci/run installs them.
arm:
	@PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig $(MAKE) --no-print-directory \
	    BUILD=$(BUILD)/arm CONFIGURE_FLAGS='--host=aarch64-linux-gnu --without-blas' runner
	MLC_EMULATED=1 qemu-aarch64 $(BUILD)/arm/tests/runner $(TEST)

# What a host takes on: ours, stripped, and what the loader brings along.
size: $(SHARED)
	@sh tests/abi/size.sh $(SHARED)

# ------------------------------------------------------------------- install

.PHONY: install uninstall dist
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
MANDIR = $(PREFIX)/share/man
INSTALLED = $(if $(CLI_C),$(BINDIR)/mlcycle) $(LIBDIR)/libmlcycle.a \
	$(LIBDIR)/libmlcycle.so.$(SO) $(LIBDIR)/libmlcycle.so $(LIBDIR)/pkgconfig/mlcycle.pc \
	$(LIBDIR)/cmake/mlcycle/mlcycleConfig.cmake \
	$(LIBDIR)/cmake/mlcycle/mlcycleConfigVersion.cmake \
	$(patsubst include/%,$(INCLUDEDIR)/%,$(HEADERS)) \
	$(patsubst bindings/cpp/%,$(INCLUDEDIR)/%,$(wildcard bindings/cpp/mlcycle.hpp)) \
	$(foreach m,$(MAN),$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))

install: all
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBDIR)/pkgconfig \
	    $(LIBDIR)/cmake/mlcycle $(INCLUDEDIR)/mlcycle \
	    $(MANDIR)/man1 $(MANDIR)/man3)
	$(if $(CLI_C),install -m 755 $(OUT)/mlcycle $(DESTDIR)$(BINDIR)/mlcycle)
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)/
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)/
	ln -sf libmlcycle.so.$(SO) $(DESTDIR)$(LIBDIR)/libmlcycle.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@LIBS_PRIVATE@|$(strip $(LIB_STATIC))|' pkgconfig/mlcycle.pc.in \
	    > $(DESTDIR)$(LIBDIR)/pkgconfig/mlcycle.pc
	sed -e 's|@CMAKE_LIBS@|$(subst $(space),;,$(strip $(LIB_STATIC)))|' \
	    pkgconfig/mlcycleConfig.cmake.in \
	    > $(DESTDIR)$(LIBDIR)/cmake/mlcycle/mlcycleConfig.cmake
	sed -e 's|@VERSION@|$(VERSION)|' -e 's|@MAJOR@|$(firstword $(subst ., ,$(VERSION)))|' \
	    pkgconfig/mlcycleConfigVersion.cmake.in \
	    > $(DESTDIR)$(LIBDIR)/cmake/mlcycle/mlcycleConfigVersion.cmake
	install -m 644 include/mlcycle.h $(wildcard bindings/cpp/mlcycle.hpp) $(DESTDIR)$(INCLUDEDIR)/
	install -m 644 include/mlcycle/*.h $(DESTDIR)$(INCLUDEDIR)/mlcycle/
	for m in $(MAN); do install -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/; done

uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	-rmdir $(DESTDIR)$(INCLUDEDIR)/mlcycle $(DESTDIR)$(LIBDIR)/cmake/mlcycle 2>/dev/null || true

DIST := mlcycle-$(VERSION)
dist:
	@mkdir -p $(BUILD)
	tar -czf $(BUILD)/$(DIST).tar.gz --sort=name --owner=0 --group=0 --numeric-owner \
	    --transform='s|^|$(DIST)/|' --exclude=__pycache__ $(wildcard Makefile configure.ac \
	    README COPYING lib include tests bindings pkgconfig man .clang-format .gitignore .ci)
	@echo $(BUILD)/$(DIST).tar.gz

# ---------------------------------------------------------------------- rest

.PHONY: clean help
clean:
	rm -rf $(BUILD)

help:
	@echo 'all             static and shared library, command line, examples (configures first)'
	@echo 'deps            install what is missing (Debian, Ubuntu); MLC_DEPS=no only tells'
	@echo 'demo            the whole cycle on real data; calls deps'
	@echo 'check           every test, one summary line; calls deps; TEST="a b" for some'
	@echo '                SAN=address,undefined or SAN=thread: the same under sanitizers'
	@echo 'valgrind        the tests under valgrind'
	@echo 'fuzz            FUZZ_S seconds for each fuzz target (clang)'
	@echo 'bench           speed, beside the peers where they are there'
	@echo 'torture         a store whose writer is killed 200 times; many at one for a minute;'
	@echo '                ten million answers while models are swapped'
	@echo 'python wheel    the Python package: its tests in an environment from PyPI; the wheel'
	@echo 'layers abi docs format-check      the house, the boundary, the manual, the layout'
	@echo 'format abi-renew                  put the layout right, renew the boundary'
	@echo 'arm             the tests as 64-bit ARM code under an emulator; TEST="a b" for some'
	@echo 'size            bytes of the stripped library and of what it brings along'
	@echo 'install uninstall dist            PREFIX= DESTDIR='
	@echo 'clean'
	@echo 'BUILD=dir keeps another build; CONFIGURE_FLAGS=--without-blas; V=1 shows commands'

-include $(PROGRAMS:=.d) $(patsubst %.o,%.d,$(LIB_O) $(CLI_O) $(TEST_O) $(call objects,$(EXAMPLE_C) \
	$(BENCH_C) $(FUZZ_C) tests/fuzz/replay.c))
