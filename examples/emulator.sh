#!/usr/bin/env bash
# Starts the emulator with a base on it, and a shell that points at it. The emulator ends with the shell.
#
#   examples/emulator.sh --empty ...      the same without a base: an empty account
#   examples/emulator.sh                  a shell in which the `aws` command and the examples talk to the emulator
#   examples/emulator.sh COMMAND ...      runs the command instead of a shell
#
# In the shell:
#   cargo run --features aws --example onboard -- --aws --base target/emulator/base.toml examples/tenants/regional.tfvars
#   aws ecs describe-services --cluster mate-dev --services mate-regional-dev-django
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

empty=
if [[ "${1:-}" == --empty ]]; then
  empty=1
  shift
fi
target="${CARGO_TARGET_DIR:-target}"
directory=target/emulator
mkdir -p "$directory"
environment="$(python3 tests/emulator/venv.py "$target/emulator-venv")"
{ read -r python; read -r packages || true; } <<<"$environment"
export PYTHONPATH="${packages:-}"

# The launcher ends when its standard input closes, and this script holds the other end of it.
coproc LAUNCHER { exec "$python" tests/emulator/launcher.py 2>"$directory/launcher.log"; }
if ! read -r word port <&"${LAUNCHER[0]}" || [[ "$word" != ready ]]; then
  cat "$directory/launcher.log" >&2
  exit 1
fi

# `aws rds` does not heed AWS_ENDPOINT_URL, so that the command names the endpoint itself.
cat >"$directory/aws" <<SCRIPT
#!/usr/bin/env bash
export PYTHONPATH="${packages:-}"
exec "$python" -m awscli --endpoint-url "http://127.0.0.1:$port" "\$@"
SCRIPT
chmod +x "$directory/aws"

exports=(
  "AWS_ENDPOINT_URL=http://127.0.0.1:$port"
  AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_SESSION_TOKEN=
  AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
  NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
)
export "${exports[@]}"
unset AWS_PROFILE
if [[ -z "$empty" ]]; then
  "$python" tests/emulator/seed_base.py "$AWS_ENDPOINT_URL" "$directory/base.toml"
fi
unset PYTHONPATH
export PATH="$PWD/$directory:$PATH"

if (($#)); then
  "$@"
else
  if [[ -n "$empty" ]]; then
    echo "The emulator serves on $AWS_ENDPOINT_URL, and is empty. For another terminal:"
  else
    echo "The emulator serves on $AWS_ENDPOINT_URL, its base is in $directory/base.toml. For another terminal:"
  fi
  echo
  printf 'export %s\n' "${exports[@]}" "PATH=$PWD/$directory:\$PATH"
  echo
  echo "It ends with this shell."
  "${SHELL:-bash}" || true
fi
