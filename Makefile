# SPDX-License-Identifier: Apache-2.0
# jitd: './configure && make', or 'make' alone, which configures by itself.
# 'make help' lists the targets.

# These install what they need before anything is configured.
prepared := check demo lint asan ubsan valgrind coverage distcheck
ifneq ($(filter-out $(prepared) clean deps distclean format help layers style,\
	$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

# O is the build folder, SAN the sanitizers: make SAN=address,undefined
comma := ,
O ?= build$(addprefix -,$(subst $(comma),-,$(SAN)))
PYTHON ?= /usr/bin/python3
export PYTHONDONTWRITEBYTECODE = 1

WARN_FLAGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef \
	-Wimplicit-fallthrough -Wswitch-enum -Wconversion -Wno-sign-conversion \
	-Wno-unused-parameter -Wdate-time $(if $(filter 1,$(WERROR)),-Werror)
# A sanitizer, and a build that is not optimised, do without fortification.
HARD_FLAGS = -fPIE -fstack-protector-strong -fstack-clash-protection \
	-U_FORTIFY_SOURCE $(if $(SAN)$(filter -O0,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)
SAN_FLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)
DEFINES = -D_GNU_SOURCE -DJITD_VERSION='"$(VERSION)"' \
	-DJITD_SYSCONFDIR='"$(sysconfdir)"' -DJITD_RUNSTATEDIR='"$(runstatedir)"' \
	-DJITD_LOCALSTATEDIR='"$(localstatedir)"'
ALL_CFLAGS = -std=gnu17 -Isrc $(DEFINES) $(WARN_FLAGS) $(HARD_FLAGS) \
	$(LIB_CFLAGS) $(SAN_FLAGS) -ffile-prefix-map=$(CURDIR)=. \
	$(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed \
	$(SAN_FLAGS) $(CFLAGS) $(LDFLAGS)
# One short line for each command; V=1 shows the whole of it.
say = $(if $(V),,@printf '  %s %s\n' $(1) '$(2)';)
# Archives may stand in any order, and what an object before them defines wins:
# a test may bring its own io/http.
LINK = $(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) -Wl,--end-group
CMOCKA_LIBS = $(shell $(PKG_CONFIG) --libs cmocka)

# may_NAME: what src/LAYERS lets a folder or program include; reach_NAME: that
# and all below it, which is what NAME is linked with.
rows := $(shell sed -En 's/^([a-z][a-z.-]*):.*/\1/p' src/LAYERS)
layers := $(filter-out %.c,$(rows))
may = $(filter-out -,$(shell sed -n 's/^$(1): *//p' src/LAYERS))
$(foreach row,$(rows),$(eval may_$(row) := $(call may,$(row)))\
	$(eval reach_$(row) := $(sort $(filter-out %.c,$(row)) \
		$(foreach below,$(may_$(row)),$(reach_$(below))))))
archives = $(patsubst %,$(O)/%.a,$(reach_$(1)))
objects = $(patsubst %.c,$(O)/%.o,$(wildcard $(1)))

sources := $(wildcard src/*.c src/*/*.c)
unit_tests := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/*/test_*.c))
sim_tests := $(patsubst %.c,$(O)/%,$(wildcard tests/sim/test_*.c))
pytests := $(sort $(dir $(wildcard tests/azure/test_*.py tests/e2e/test_*.py)))
documents := $(wildcard README.md ARCHITECTURE.md CHANGELOG.md LICENSE)
dropins := $(if $(systemd_254),$(O)/10-systemd-254.conf)
generated := $(patsubst systemd/%.in,$(O)/%,$(wildcard systemd/*.in)) \
	$(patsubst systemd/dropins/%.in,$(O)/%,$(wildcard systemd/dropins/*.in)) \
	$(if $(wildcard src/core/events.def),$(O)/jitd.catalog)

.PHONY: all $(prepared) clean deps dist distchecked distclean e2e format help \
	install layers linted quickcheck selftest style system uninstall unit \
	valgrind-unit FORCE
.SECONDARY:
.DELETE_ON_ERROR:

## all: both programs and what is installed beside them (the default)
all: $(O)/jitd $(O)/jitd-ctl $(generated)

# PROGRAM(NAME)
define PROGRAM
$(O)/$(1): $(O)/src/$(1).o $(call archives,$(1).c)
	$$(LINK) $$(LIBS)
endef
$(foreach program,jitd jitd-ctl,$(eval $(call PROGRAM,$(program))))

# LAYER(NAME): its archive, made anew when a file comes or goes; and its unit
# tests. What else is in their folder is there for them to use.
define LAYER
$(O)/$(1).a: $(call objects,src/$(1)/*.c) $(wildcard src/$(1))
$(O)/tests/unit/$(1).a: $(filter-out $(O)/tests/unit/$(1)/test_%,\
	$(call objects,tests/unit/$(1)/*.c)) $(wildcard tests/unit/$(1))
$(O)/tests/unit/$(1)/test_%: $(O)/tests/unit/$(1)/test_%.o \
		$(O)/tests/unit/$(1).a $(call archives,$(1))
	$$(LINK) $$(CMOCKA_LIBS) $$(LIBS)
endef
$(foreach layer,$(layers),$(eval $(call LAYER,$(layer))))

# The simulation: all of the daemon, in a world of its own.
$(O)/tests/sim.a: $(filter-out $(O)/tests/sim/test_%,\
	$(call objects,tests/sim/*.c)) $(wildcard tests/sim)
$(O)/tests/sim/test_%: $(O)/tests/sim/test_%.o $(O)/tests/sim.a \
		$(call archives,daemon)
	$(LINK) $(CMOCKA_LIBS) $(LIBS)

$(O)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcsD $@ $(filter %.o,$^)

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $< \
		$(if $(filter tests/%,$<),-Itests/unit)

# Takes the new file for the old one only where they differ.
settle = if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# Changes when the flags do, so that no object is left from other flags.
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS))' >$@.new
	@$(settle)

-include $(wildcard $(O)/src/*.d $(O)/src/*/*.d $(O)/tests/*/*.d \
	$(O)/tests/*/*/*.d)

# @folder@ in a template becomes what that folder is now.
fill = sed $(foreach name,sbindir sysconfdir localstatedir runstatedir,\
	-e 's|@$(name)@|$($(name))|g') $<
$(O)/%: systemd/%.in FORCE
	@mkdir -p $(@D)
	@$(fill) >$@.new
	@$(settle)
$(O)/%: systemd/dropins/%.in FORCE
	@mkdir -p $(@D)
	@$(fill) >$@.new
	@$(settle)
$(O)/jitd.catalog: src/core/events.def tools/make-catalog
	@mkdir -p $(@D)
	tools/make-catalog $< >$@

## deps: install what the build and the tests need (Debian, Ubuntu)
deps:
	@tools/install-deps build check

# A target of $(prepared) is: what it installs, then what it makes.
with = tools/install-deps $(1) && $(MAKE) --no-print-directory

## demo: the daemon and its client beside a simulated Azure
demo:
	+@$(call with,build demo) all
	@O=$(O) PYTHON=$(PYTHON) tools/demo

## check: every test; needs no network but for what 'make deps' installs
check:
	+@$(call with,build check) all
	+@$(MAKE) --no-print-directory style
	+@$(MAKE) --no-print-directory selftest
	+@$(MAKE) --no-print-directory unit
	+@$(MAKE) --no-print-directory e2e
	+@$(MAKE) --no-print-directory system
	@echo 'make check: everything passed'

## quickcheck: layers and unit tests, before each commit
quickcheck: layers unit

## unit: the unit tests, and the simulation
unit: $(unit_tests) $(sim_tests)
	@tools/run-unit $^

## e2e: the real programs against a simulated Azure
e2e: all
	@O=$(O) PYTHON=$(PYTHON) tools/run-e2e $(pytests)

## system: the installed service under a booted systemd
system: all
	@O=$(O) MAKE='$(MAKE)' tests/system/run

# The tools' own tests: each of them can fail.
selftest:
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/tools

## layers: who includes whom, held to src/LAYERS
layers:
	@tools/check-layers src

## style: layers, sizes, words and licence lines (the part of lint in check)
style: layers
	@tools/check-size
	@tools/check-style
	@tools/check-spdx

## lint: style, and what clang, cppcheck, mandoc, codespell, shellcheck say
lint:
	+@$(call with,build lint) all style
	+@$(MAKE) --no-print-directory linted
linted:
	@tools/check-globals $(O)/src
	@tools/check-headers $(CC) $(ALL_CFLAGS)
	@tools/run-lint -Isrc $(DEFINES) $(LIB_CFLAGS) -std=gnu17

## format: write the sources anew with clang-format
format:
	clang-format -i $$(find src tests -name '*.[ch]')

## asan ubsan: unit and e2e under sanitizers, each in its own build folder
asan: SAN = address,undefined
ubsan: SAN = undefined
asan ubsan:
	+@$(call with,build check) SAN=$(SAN) unit
	+@$(MAKE) --no-print-directory SAN=$(SAN) e2e

## valgrind: the unit tests under valgrind
valgrind:
	+@$(call with,build check valgrind) valgrind-unit
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite
valgrind-unit: $(unit_tests) $(sim_tests)
	@tools/run-unit --under '$(VALGRIND)' $^

## coverage: lines and branches of src/ that unit and e2e reach, by layer
COVERAGE = O=build-coverage CFLAGS='-O0 -g --coverage'
coverage:
	+@$(call with,build check) $(COVERAGE) unit
	+@$(MAKE) --no-print-directory $(COVERAGE) e2e
	@tools/show-coverage build-coverage

# What is installed, as SOURCE:MODE:TARGET. jitd.conf is the administrator's.
put = $(foreach source,$(2),$(source):644:$(1)/$(notdir $(source)))
unitdir = $(systemdsystemunitdir)
installed = $(O)/jitd:755:$(sbindir)/jitd $(O)/jitd-ctl:755:$(bindir)/jitd-ctl \
	$(call put,$(unitdir),$(O)/jitd.service $(wildcard systemd/*.socket)) \
	$(call put,$(unitdir)/jitd.service.d,$(dropins)) \
	$(call put,$(systemdsystempresetdir),systemd/90-jitd.preset) \
	$(call put,$(catalogdir),$(filter %.catalog,$(generated))) \
	$(O)/jitd.sysusers:644:$(sysusersdir)/jitd.conf \
	$(O)/jitd.tmpfiles:644:$(tmpfilesdir)/jitd.conf \
	$(foreach section,1 5 7 8,\
		$(call put,$(mandir)/man$(section),$(wildcard man/*.$(section)))) \
	$(call put,$(datadir)/jitd,$(wildcard etc/*.schema.json)) \
	$(call put,$(docdir)/examples,$(wildcard systemd/dropins/*.example)) \
	$(call put,$(docdir),$(documents))
confdir = $(sysconfdir)/jitd
field = $(word $(1),$(subst :, ,$(2)))
target = $(DESTDIR)$(call field,3,$(1))

## install uninstall: honour DESTDIR, and the folders ./configure was given
install: all
	@set -e; $(foreach f,$(installed),install -D -m $(call field,2,$(f)) \
		$(call field,1,$(f)) $(call target,$(f));)
	@install -d $(DESTDIR)$(confdir)/jitd.conf.d
	@test -e $(DESTDIR)$(confdir)/jitd.conf || \
		install -m 644 etc/jitd.conf $(DESTDIR)$(confdir)/jitd.conf
	@test -n '$(DESTDIR)' || echo 'Installed. Now, as root: systemd-sysusers;' \
		'systemd-tmpfiles --create; journalctl --update-catalog;' \
		'systemctl daemon-reload'
uninstall:
	@rm -f $(foreach f,$(installed),$(call target,$(f)))
	@! cmp -s etc/jitd.conf $(DESTDIR)$(confdir)/jitd.conf || \
		rm $(DESTDIR)$(confdir)/jitd.conf
	@for folder in $(confdir)/jitd.conf.d $(confdir) $(docdir)/examples \
		$(docdir) $(datadir)/jitd $(unitdir)/jitd.service.d; do \
		test ! -d $(DESTDIR)$$folder || rmdir --ignore-fail-on-non-empty \
			$(DESTDIR)$$folder; done

## dist: the release tarball of HEAD, with a configure in it
release = $(PACKAGE)-$(VERSION)
dist: configure
	tools/make-dist $(release)

## distcheck: that the tarball builds, passes, installs and uninstalls
distcheck:
	+@$(call with,build check dist) distchecked
distchecked: dist
	+@MAKE='$(MAKE)' tools/check-dist $(release) $(O)/distcheck

config.mk: config.mk.in config.status
	@./config.status --quiet
config.status: configure
	@test ! -e $@ || ./config.status --quiet --recheck
	@test -e $@ || ./configure --quiet
configure: configure.ac
	@command -v autoconf >/dev/null || { echo "To make ./configure, jitd needs \
	autoconf (Debian package autoconf): run 'make deps'." | tr -d '\t' >&2; exit 1; }
	autoconf
	@rm -rf autom4te.cache

## clean distclean: what was built; and also what was configured
clean:
	rm -rf build build-*
distclean: clean
	rm -rf config.mk config.log config.status configure configure~ \
		autom4te.cache

## help: this list
help:
	@sed -n 's/^## \([^:]*\): /  \1\t/p' Makefile | expand -t 20
