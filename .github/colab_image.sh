#!/usr/bin/env bash
# Inside Colab's image, with the repository at /book: run the notebooks in the environment that is
# there. What runs them gets an environment of its own, so that it adds nothing to Colab's.
set -euo pipefail
git config --global --add safe.directory /book/.git
git clone --quiet /book /tmp/book
cd /tmp/book
# Colab's Python comes without ensurepip, so its pip installs into the other environment.
python3 -m venv --without-pip /tmp/runner
python3 -m pip --python /tmp/runner/bin/python install --quiet papermill packaging -c requirements.txt
/tmp/runner/bin/python -m tools.publishing.colab --environment python3
