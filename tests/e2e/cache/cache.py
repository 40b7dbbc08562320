"""Stands for actions/cache v5 on a folder, CACHE_STORE: its rules, without its service.

https://github.com/actions/cache, https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching
- A key is written once; saving it again is a warning.
- A key is looked for as it is, then each of the restore keys as a beginning, the newest entry first.
- An entry belongs to the paths that it was saved with: another path never finds it. act makes a new RUNNER_TEMP for
  every job, where GitHub's runners always have the same one: here paths are told from there.
- CACHE_READ_ONLY=1: a token that may only read, as events that anybody can cause get: saving is a warning.
Without CACHE_STORE there is no service: a warning.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
from pathlib import Path


def main(what: str) -> None:
    """Restore or save."""
    path, key = Path(os.environ["CACHE_PATH"]).relative_to(os.environ["RUNNER_TEMP"]), os.environ["CACHE_KEY"]
    if not os.environ.get("CACHE_STORE"):
        print("::warning::Cache service is not available")
        return
    store = Path(os.environ["CACHE_STORE"]) / hashlib.sha256(str(path).encode()).hexdigest()[:16]
    store.mkdir(parents=True, exist_ok=True)
    if what == "save":
        save(store, path, key)
    else:
        restore(store, key, os.environ.get("CACHE_RESTORE_KEYS", "").split())


def save(store: Path, path: Path, key: str) -> None:
    """Keep the folder under a new key."""
    entry = store / f"{key}.tar"
    if os.environ.get("CACHE_READ_ONLY"):
        print("::warning::Failed to save: the token of this run may only read the cache")
    elif not (temporary() / path).exists():
        print("::warning::Path Validation Error: Path(s) specified in the action for caching do(es) not exist")
    elif entry.exists():
        print(f"::warning::Failed to save: Unable to reserve cache with key {key}, another job may be creating it")
    else:
        with tarfile.open(entry, "w") as archive:
            archive.add(temporary() / path, arcname=str(path))
        print(f"Cache saved with key: {key}")


def restore(store: Path, key: str, beginnings: list[str]) -> None:
    """Bring the best entry back to where it was."""
    entries = sorted(store.glob("*.tar"), key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    found = [entry for entry in entries if entry.stem == key]
    for beginning in beginnings:
        found += [entry for entry in entries if entry.stem.startswith(beginning)]
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"cache-primary-key={key}\n")
        if not found:
            print(f"Cache not found for input keys: {', '.join([key, *beginnings])}")
            return
        with tarfile.open(found[0]) as archive:
            archive.extractall(temporary(), filter="data")
        outputs.write(f"cache-matched-key={found[0].stem}\ncache-hit={str(found[0].stem == key).lower()}\n")
    print(f"Cache restored from key: {found[0].stem}")


def temporary() -> Path:
    """Where this job's paths begin."""
    return Path(os.environ["RUNNER_TEMP"])


if __name__ == "__main__":
    main(sys.argv[1])
