# Building needs Go and nothing else: the BPF programs are compiled already, in
# gen/. Whatever else a target needs it names, with the apt-get line.

# Neither sudo nor every user's shell looks into these.
export PATH := $(PATH):/usr/local/go/bin:/usr/local/sbin:/usr/sbin:/sbin
# No toolchain is ever downloaded; go.mod says which one is needed.
export GOTOOLCHAIN := local

ifndef GO
GO := $(or $(shell command -v go),$(wildcard /usr/local/go/bin/go))
endif

# Objects differ between versions of clang: this one made what is committed.
CLANG_VERSION := 19
CLANG_FORMAT := clang-format-$(CLANG_VERSION)
export BPF2GO_CC := clang-$(CLANG_VERSION)
export BPF2GO_STRIP := llvm-strip-$(CLANG_VERSION)

# Kept outside the tree, to outlive a checkout.
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vethtrace
GOLANGCI_VERSION := v2.15.0
GOLANGCI = $(CACHE)/golangci-lint-$(GOLANGCI_VERSION)-$(if $(GO),$(shell $(GO) env GOVERSION))/golangci-lint

VMTEST = $(CACHE)/vmtest
VM_CACHE = $(CACHE)/kernels
VM_RESULTS = $(VM_CACHE)/results.json
COMPATIBILITY ?= docs/compatibility.md

# What targets need that Debian has: command (or file):package.
NEED_BUILD := git:git /etc/ssl/certs/ca-certificates.crt:ca-certificates
NEED_GENERATE := $(BPF2GO_CC):clang-$(CLANG_VERSION) $(BPF2GO_STRIP):llvm-$(CLANG_VERSION) \
	/usr/include/bpf/bpf_helpers.h:libbpf-dev
NEED_LINT := $(CLANG_FORMAT):$(CLANG_FORMAT)
NEED_TEST := ip:iproute2 nft:nftables ping:iputils-ping ethtool:ethtool iperf3:iperf3 tcpdump:tcpdump bpftool:bpftool \
	tmux:tmux jq:jq lsns:util-linux runc:runc podman:podman conmon:conmon containerd:containerd \
	/usr/lib/cni/bridge:containernetworking-plugins iptables:iptables
NEED_VM := qemu-system-x86_64:qemu-system-x86 xz:xz-utils zstd:zstd \
	/usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
NEED_RACE := gcc:gcc /usr/include/stdlib.h:libc6-dev
NEED_BENCH := bpftrace:bpftrace

# $(call missing,NEEDED) sets the shell's $$missing to packages.
missing = missing=; for need in $(1); do \
	command -v $${need%:*} >/dev/null || test -e $${need%:*} || missing="$$missing $${need\#*:}"; done
# $(call need,NEEDED,WHAT FOR) ends the recipe when something is missing.
need = @$(call missing,$(1)); test -z "$$missing" || { \
	echo "$(2) needs what is not installed: apt-get install$$missing" >&2; exit 1; }

# A checkout of another user's (sudo, containers) has no history to stamp.
BUILD_FLAGS := -trimpath $(if $(shell git rev-parse HEAD 2>/dev/null),,-buildvcs=false)

.PHONY: all build generate generate-check fmt lint test test-race test-vm compatibility bench demo deps clean help go

all: generate build ## generate and build

build: go ## build ./vethtrace, static; needs only Go
	CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o vethtrace ./cmd/vethtrace

generate: go ## compile bpf/ into gen/, which is committed
	$(call need,$(NEED_GENERATE),make generate (make build does without))
	$(GO) generate ./gen

generate-check: generate ## generate, and fail if gen/ is not what is committed
	$(call need,git:git,make generate-check)
	@changed=$$(git status --porcelain -- gen) || exit; test -z "$$changed" || { git --no-pager diff --stat -- gen; \
		echo "gen/ is not what bpf/ makes with $$($(BPF2GO_CC) --version | head -1): commit it" >&2; exit 1; }
	@echo "gen/ is what bpf/ makes"

fmt: go $(GOLANGCI) ## format Go and C
	$(call need,$(NEED_LINT),make fmt)
	$(GOLANGCI) fmt ./...
	$(CLANG_FORMAT) -i bpf/*.[ch]

lint: go $(GOLANGCI) ## go vet, gofmt, golangci-lint (built at the first run), clang-format
	$(call need,$(NEED_LINT),make lint)
	$(GO) vet ./...
	@unformatted=$$($$($(GO) env GOROOT)/bin/gofmt -l .); \
		test -z "$$unformatted" || { echo "not formatted, run make fmt: $$unformatted" >&2; exit 1; }
	$(GOLANGCI) run ./...
	$(CLANG_FORMAT) --dry-run -Werror bpf/*.[ch]

$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION), once: some minutes"
	@mkdir -p $(@D)
	CGO_ENABLED=0 GOBIN=$(@D) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

test: go ## run the tests; those that need the kernel run as root only
	@test $$(id -u) = 0 || echo "not root: the tests of the kernel side skip; run sudo make test for all"
	@$(call missing,$(NEED_TEST)); test -z "$$missing" || \
		echo "some tests skip or fail without what is not installed: apt-get install$$missing"
	$(GO) test -count=1 -p 1 ./...

test-race: go ## the same with the race detector
	$(call need,$(NEED_RACE),make test-race)
	CGO_ENABLED=1 $(GO) test -count=1 -race ./...

# KERNELS=6.12 or a list, MODES likewise, RUN=a regular expression of tests;
# SPREAD=1 shares modes and long tests out among the kernels. Only the results of all are kept.
test-vm: go $(VMTEST) ## run the kernel tests in Debian's kernels, in emulated machines (KERNELS=6.12 RUN=TestX)
	$(call need,$(NEED_VM) $(NEED_TEST),make test-vm)
	$(VMTEST) -cache $(VM_CACHE) $(if $(KERNELS),-kernels $(KERNELS)) $(if $(MODES),-modes $(MODES)) $(if $(RUN),-run '$(RUN)') \
		$(if $(SPREAD),-spread) $(if $(KERNELS)$(MODES)$(RUN)$(SPREAD),,-json $(VM_RESULTS))

compatibility: go $(VMTEST) ## write docs/compatibility.md from the last whole make test-vm
	@test -e $(VM_RESULTS) || { echo "there are no results yet: run make test-vm" >&2; exit 1; }
	$(VMTEST) -from $(VM_RESULTS) -docs $(COMPATIBILITY)

.PHONY: $(VMTEST)
$(VMTEST):
	@mkdir -p $(@D)
	$(GO) build -o $@ ./vmtest

bench: go ## what a hop and top cost (as root), and the benchmarks of pure code
	@$(call missing,$(NEED_BENCH)); test -z "$$missing" || \
		echo "bpftrace is not compared: apt-get install$$missing"
	@test $$(id -u) = 0 || echo "not root: costs of a hop and of top are not measured; run sudo make bench"
	$(GO) test ./tracer -run NONE -bench HopCost -benchtime 1x
	$(GO) test ./cmd/vethtrace -run NONE -bench Top -benchtime 1x
	$(GO) test ./tracer/report ./tui -run NONE -bench .

demo: build ## see it work: ./vethtrace demo, as root
	@test $$(id -u) = 0 || { echo "the demo needs root: sudo make demo, or sudo ./vethtrace demo" >&2; exit 1; }
	@./vethtrace demo

deps: ## install by apt-get (as root) whatever any target needs, except Go
	@test $$(id -u) = 0 || { echo "installing needs root: sudo make deps" >&2; exit 1; }
	@$(call missing,$(NEED_BUILD) $(NEED_GENERATE) $(NEED_LINT) $(NEED_TEST) $(NEED_VM) $(NEED_RACE) $(NEED_BENCH)); \
		test -z "$$missing" || { set -x; apt-get update && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; }

clean: ## remove what was built
	rm -f vethtrace

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

go:
	@test -x "$$(command -v $(GO) 2>/dev/null)" || { \
		echo "there is no go command: install Go, at least the version go.mod says, from https://go.dev/dl/" >&2; exit 1; }
