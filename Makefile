# Every target needs only Go, but lab and lab-test, which need Debian and root.
GO ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
RACE := $(shell command -v gcc >/dev/null 2>&1 && [ "$$($(GO) env CGO_ENABLED)" = 1 ] && echo -race)

.PHONY: build rehearse test lint bench lab lab-down

build: ## build ./switchyard
	$(GO) build -trimpath -ldflags '-s -w' -o switchyard ./cmd/switchyard

test: ## vet and test everything; under the race detector where a C compiler is
	$(GO) vet ./...
	GORACE=atexit_sleep_ms=0 $(GO) test $(RACE) ./...

rehearse: ## the cockpit on the embedded world
	@$(GO) build -o switchyard ./cmd/switchyard && ./switchyard rehearse

lint: ## gofmt, vet, staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

lab: ## two real Bacula clusters on this machine (Debian 12, root)
	$(GO) build -o lab ./cmd/lab
	./lab up

lab-down: ## stop them
	$(GO) build -o lab ./cmd/lab
	./lab down
