# `make demo` and `make test` set up everything they need on a fresh Debian 12 with Swift 6.

PACKAGES := libopenblas-dev liblapacke-dev libhdf5-dev zlib1g-dev pkg-config
PREFIX ?= /usr/local
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: demo test bench peers lint install setup build

demo: build
	.build/release/graft demo --out runs/demo

test: setup
	swift build -c release --build-tests
	swift test -c release --skip-build --disable-xctest

bench: build
	swift build --package-path Benchmarks -c release --product jobs
	python3 Benchmarks/compare/compare.py --out Benchmarks/RESULTS.md
	swift package --package-path Benchmarks benchmark

peers:
	python3 -m venv Benchmarks/compare/.venv
	Benchmarks/compare/.venv/bin/pip install --quiet --requirement Benchmarks/compare/requirements.txt

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Benchmarks Benchmarks/Sources

build: setup
	swift build -c release --product graft

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/graft/Datasets
	install .build/release/graft $(DESTDIR)$(PREFIX)/bin/graft
	install -m 644 Weights/graft-small.safetensors Weights/graft-small.safetensors.tasks $(DESTDIR)$(PREFIX)/share/graft/
	install -m 644 Datasets/* $(DESTDIR)$(PREFIX)/share/graft/Datasets/

setup:
	@if command -v dpkg-query > /dev/null; then \
	  missing=$$(for package in $(PACKAGES); do \
	    dpkg-query -W -f='$${Status}' $$package 2> /dev/null | grep -q 'ok installed' || echo $$package; \
	  done); \
	  if [ -n "$$missing" ]; then $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $$missing; fi; \
	elif ! pkg-config --exists openblas lapacke hdf5 zlib; then \
	  echo "graft needs OpenBLAS, LAPACKE, HDF5 1.10 or later, zlib and pkg-config with their headers; please install them."; \
	  exit 1; \
	fi
