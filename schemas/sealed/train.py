"""Trains the dictionary that encrypted records are compressed with, from synthetic records alone.

    python3 schemas/sealed/train.py CARDLINE NUMBER     (needs the command zstd; writes dictionary.vNUMBER)

A dictionary in use must never change: records name it by its number. A new one gets the next number, and a line in
pipeline/crypto/compression.rs.
"""
import json, pathlib, random, subprocess, sys, tempfile

CARDLINE, NUMBER = sys.argv[1], int(sys.argv[2])
BYTES = 8192
# Numbers below are reserved for dictionaries that are registered with zstd.
FIRST_NUMBER = 32768
chance = random.Random(NUMBER)


def applications(folder):
    for profile in ["mixed", "city-day", "wave"]:
        for seed in ["11", "12"]:
            out = folder / f"{profile}-{seed}.ndjson"
            subprocess.run([CARDLINE, "generate", "applications", "--count", "1500", "--seed", seed,
                            "--profile", profile, "--out", out], check=True, stdout=subprocess.DEVNULL)
            yield from out.read_bytes().splitlines()


def events():
    schema = json.loads((pathlib.Path(__file__).parents[1] / "messages/card.event.v1.json").read_text())
    kinds = schema["properties"]["type"]["enum"]
    for at in range(600):
        event = {"schema": "card.event.v1", "event_id": f"{chance.getrandbits(128):032x}", "type": chance.choice(kinds),
                 "at": f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T{chance.randint(8, 18):02}:00:00+08:00",
                 "card": f"{chance.randint(1, 99999999):09}", "place": {"kind": "point", "code": f"{chance.randint(110101990001, 659001990001)}"},
                 "actor": f"officer-{chance.randint(1, 999)}"}
        if at % 3 == 0:
            event |= {"by": chance.choice(["holder", "agent", "guardian"]),
                      "evidence": [{"kind": "holder_present", "sha256": f"{chance.getrandbits(256):064x}"}]}
        yield json.dumps(event, separators=(",", ":")).encode()


def accounts():
    for _ in range(600):
        account = {"account": f"62{chance.randint(0, 10**17 - 1):017}", "pan": f"6217{chance.randint(0, 10**15 - 1):015}"}
        yield json.dumps(account, separators=(",", ":")).encode()


with tempfile.TemporaryDirectory() as made:
    folder = pathlib.Path(made)
    samples = []
    for number, record in enumerate([*applications(folder), *events(), *accounts()]):
        samples.append(folder / f"{number:06}")
        samples[-1].write_bytes(record)
    named = folder / "samples"
    named.write_text("\n".join(map(str, samples)))
    dictionary = pathlib.Path(__file__).with_name(f"dictionary.v{NUMBER}")
    subprocess.run(["zstd", "-q", "-f", "--train", "--filelist", named, f"--maxdict={BYTES}",
                    f"--dictID={FIRST_NUMBER + NUMBER}", "-o", dictionary], check=True)
