# Every target needs only Go, but lab and lab-test, which need Debian and root.
GO ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
DEADCODE := golang.org/x/tools/cmd/deadcode@v0.52.0
RACE := $(shell command -v gcc >/dev/null 2>&1 && [ "$$($(GO) env CGO_ENABLED)" = 1 ] && echo -race)

.PHONY: build rehearse picture test test-whole race race-whole kills soak lint bench lab lab-test lab-whole lab-faults lab-down

# What --version tells; outside of git the Go tool's own record is told.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

build: ## build ./switchyard
	$(GO) build -trimpath -ldflags '-s -w -X main.stamp=$(VERSION)' -o switchyard ./cmd/switchyard

# These start whole worlds and their processes, and mostly wait: for a screen, a job, a step. They begin first, and the others run beside them.
WORLDS := ./cmd/switchyard ./backend/run ./backend/rehearsal
# What starts goroutines, without the worlds, whose SQL engine is ten times slower under the race detector: "make race-whole" is for them.
RACED := ./backend/attached ./backend/bacula/... ./backend/bundle ./backend/config ./backend/feed ./backend/export ./backend/journal ./backend/mysql/... ./backend/rds/... \
	./backend/rehearsal/amazon ./backend/rehearsal/clock ./backend/rehearsal/cluster ./backend/rehearsal/sqlsim ./backend/run

# Where tests write.
SCRATCH := $(shell .ci/scratch)

test: ## vet, and test everything; what takes longest of it is left to test-whole
	$(GO) vet ./...
	$(SCRATCH) STORIES=short $(GO) test -vet=off -p 2 -parallel 6 -timeout 30m $(WORLDS) ./...

test-whole: ## test with the long stories, too
	$(GO) vet ./...
	$(SCRATCH) $(GO) test -vet=off -p 2 -parallel 5 -timeout 40m $(WORLDS) ./...

race: ## what starts goroutines under the race detector (a C compiler), a sample of the stops of every plan's runner; part of .ci/run
	$(SCRATCH) KILLS=sampled GORACE=atexit_sleep_ms=0 $(GO) test -vet=off -race -p 4 -timeout 30m $(RACED)

race-whole: ## everything under the race detector; takes long
	KILLS=all GORACE=atexit_sleep_ms=0 $(GO) test -race -timeout 60m ./...

kills: ## stop the runner of every plan before and after every call, and look at every Director during 200 shifts at random; takes long
	$(SCRATCH) KILLS=all $(GO) test -count=1 -timeout 120m -run 'StoppedAnywhere' ./backend/run
	$(GO) test -count=1 -v -timeout 60m -run 'TestNoMomentHasAGap$$' ./cmd/switchyard -args -shifts=200 -shifts-seed=$$(date +%s)

# How long the soak goes on.
SOAK ?= 30m
soak: ## stall a link for ten minutes, then break and heal worlds at random under a session for half an hour; under the race detector where a C compiler is
	GORACE=atexit_sleep_ms=0 $(GO) test $(RACE) -count=1 -v -timeout 20m -run 'TestSoak$$' ./backend/rehearsal -args -soak=2m
	$(GO) test -count=1 -v -timeout 20m -run 'TestALinkStalls$$' ./cmd/switchyard -args -stall=10m
	$(GO) test -count=1 -v -timeout 20m -run 'TestNoKeyOfAWatchSessionWrites$$' ./cmd/switchyard -args -mash=100000
	GORACE=atexit_sleep_ms=0 $(GO) test $(RACE) -count=1 -v -timeout 120m -run 'TestSoak$$' ./cmd/switchyard -args -soak=$(SOAK) -soak-chains=250 -soak-seed=$$(date +%s)
	$(GO) test -count=1 -v -timeout 30m -run 'TestSoak$$' ./cmd/switchyard -args -soak=5m -soak-chains=250 -soak-seed=$$(date +%s) # what is resident

rehearse: ## the cockpit on the embedded world
	@$(GO) build -ldflags '-X main.stamp=$(VERSION)' -o switchyard ./cmd/switchyard && ./switchyard rehearse

picture: ## draw the README's picture again: the cockpit on the embedded world, as it opens
	$(GO) test -count=1 -run 'TestThePicture$$' ./cmd/switchyard -args -picture=$(CURDIR)/.picture/screen.svg

bench: build ## measure, and tell which budgets hold; where a lab runs, its catalogs of a million jobs too
	@$(GO) build -o lab ./cmd/lab
	@{ $(GO) test -run '^$$' -bench . -benchmem ./model ./model/routes ./model/gate ./model/plan ./ui ./ui/draw ./backend/config ./backend/bacula/push/check ./backend/journal ./backend/rehearsal; \
	$(GO) test -run '^$$' -bench . -timeout 20m ./cmd/switchyard -args -program=$(CURDIR)/switchyard; \
	if ./lab status >/dev/null 2>&1; then ./lab bench ./switchyard || echo "FAIL: the lab's bench"; \
	SWITCHYARD_LAB=$${SWITCHYARD_LAB:-/var/tmp/switchyard-lab} $(GO) test -tags lab -count=1 -v -timeout 20m -run 'TestTheLabSwitchesOver$$' ./cmd/switchyard; \
	else echo "SKIPPED: no lab runs here (make lab), so no catalog of a million jobs was measured"; fi; } 2>&1 | $(GO) run ./cmd/budgets

lint: ## gofmt, lines of 140 columns, vet, staticcheck, and what nothing calls: only the rehearsal has handles that are there for tests alone
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	@! LC_ALL=C.UTF-8 grep -rnE '^.{141}' --include='*.go' .
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@dead=$$($(GO) run $(DEADCODE) -filter '^switchyard/(cmd|model|themes|ui|backend/(run|rds|[^r]))' ./cmd/... && \
	$(GO) run $(DEADCODE) -test -tags lab ./...) && test -z "$$dead" || { echo "$$dead"; exit 1; }

lab: ## two real Bacula clusters on this machine (Debian 12, root)
	$(GO) build -o lab ./cmd/lab
	./lab up

lab-test: ## prove the same on real daemons: a lab of its own, brought up and taken down
	@GO=$(GO) .ci/lab-test -short

lab-whole: ## lab-test with all of its hundreds of programs
	@GO=$(GO) .ci/lab-test

lab-faults: ## the part of lab-test that breaks a running lab (make lab) in every way; seven minutes
	$(GO) test -tags lab -count=1 -v -timeout 40m ./cmd/lab

lab-down: ## stop them
	$(GO) build -o lab ./cmd/lab
	./lab down
