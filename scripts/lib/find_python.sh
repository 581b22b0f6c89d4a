# Sourced by the launchers: sets PYTHON to an interpreter of version 3.11 or newer, or ends with a clear message.
# EASD_PYTHON names one to use instead of the search.

easd_python_fits() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

easd_find_python() {
  local candidate
  if [ -n "${EASD_PYTHON:-}" ]; then
    easd_python_fits "$EASD_PYTHON" && { PYTHON=$EASD_PYTHON; return; }
    printf 'easd: EASD_PYTHON=%s is not a Python of version 3.11 or newer.\n' "$EASD_PYTHON" >&2
    exit 3
  fi
  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    command -v "$candidate" >/dev/null 2>&1 && easd_python_fits "$candidate" && { PYTHON=$candidate; return; }
  done
  printf 'easd: this needs Python 3.11 or newer; found %s.\n' "$(python3 --version 2>/dev/null || echo 'no python3')" >&2
  printf 'Install one (Debian, Ubuntu: apt install python3 python3-venv) or name it: EASD_PYTHON=/path/to/python3.12\n' >&2
  exit 3
}

easd_find_python
