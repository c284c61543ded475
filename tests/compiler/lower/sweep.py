"""Compiles and verifies every .py file of the standard library: no crash, no verifier message, and the same files refused as by CPython.
usage: sweep.py RP_LOWER"""
import os, subprocess, sys, warnings

warnings.simplefilter("ignore")
files = sorted(os.path.join(d, f) for d, _, names in os.walk("/usr/lib/python3.11") for f in names if f.endswith(".py"))
bad = ran = 0
for i in range(0, len(files), 400):
    part = files[i:i + 400]
    p = subprocess.run([sys.argv[1], "check", *part], capture_output=True, text=True, errors="replace", timeout=300)
    if p.returncode not in (0, 1):
        print("crashed:", p.returncode, p.stdout[-500:], p.stderr[-1500:])
        bad += 1
    refused = {line.split(": ", 1)[0] for line in p.stdout.split("\n") if line.startswith("/")}
    if "RIR of" in p.stdout:
        print(p.stdout)
    ran += len(part)
    for f in part:
        try:
            compile(open(f, "rb").read(), f, "exec", dont_inherit=True)
            if f in refused:
                print("refused here only:", f)
                bad += 1
        except (SyntaxError, ValueError):
            if f not in refused:
                print("accepted here only:", f)
                bad += 1
print(f"{ran - bad} passed, {bad} failed")
sys.exit(bad > 0)
