# SPDX-License-Identifier: Apache-2.0
"""Reads the recipes of scripts/ci and runs their steps as the service does: variables, conditions, what follows a failure."""
import os
import re
import subprocess
from pathlib import Path

import yaml

CI = Path(__file__).resolve().parents[2] / "scripts" / "ci"


class Job:
    """A checkout of a revision, and where a push or a request for a merge of it comes from."""

    def __init__(self, checkout, base, branch, variables):
        self.checkout, self.base, self.branch = checkout, base, branch
        self.env = variables
        self.output = ""

    def head(self):
        return subprocess.check_output(["git", "-C", self.checkout, "rev-parse", "HEAD"], text=True).strip()

    def shell(self, command, script, **env):
        """Exit status of a step."""
        ended = subprocess.run([*command, script], cwd=self.checkout, env=self.env | env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.output += ended.stdout
        return ended.returncode

    def published(self, path):
        return (Path(self.checkout) / path).exists()


def github(job):
    """Exit status of the job, and the paths that are uploaded."""
    recipe = yaml.safe_load((CI / "github-actions.yml").read_text(encoding="utf-8"))
    values = {"github.ref": f"refs/heads/{job.branch}", "github.run_id": "1", "runner.os": "Linux",
              "github.event.pull_request.base.sha || github.event.before": job.base}

    def expand(text):
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda m: values[m[1]], str(text))

    conditions = {"always()": lambda failed: True,
                  "github.ref == 'refs/heads/main'": lambda failed: not failed and job.branch == "main"}
    summary = Path(job.checkout).parent / "summary.md"
    (only,) = recipe["jobs"].values()
    env = {k: expand(v) for k, v in only["env"].items()} | {"GITHUB_SHA": job.head(), "GITHUB_STEP_SUMMARY": str(summary)}
    failed, uploads = 0, []
    for step in only["steps"]:
        for value in step.get("with", {}).values():
            expand(value)
        if not conditions[step["if"]](failed) if "if" in step else failed:
            continue
        if "run" in step:
            failed = job.shell(["bash", "-e", "-c"], expand(step["run"]), **env) or failed
        elif step["uses"].startswith("actions/upload-artifact@"):
            uploads.append(step["with"]["path"])
    return failed, uploads + [summary]


def gitlab(job):
    recipe = yaml.safe_load((CI / "gitlab-ci.yml").read_text(encoding="utf-8"))
    only = recipe["memboot"]
    assert only["stage"] in recipe["stages"]
    env = {k: str(v) for k, v in only["variables"].items()} | {"CI_COMMIT_SHA": job.head(), "CI_DEFAULT_BRANCH": "main"}
    if job.branch == "main":
        env |= {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": job.base}
    else:
        env |= {"CI_MERGE_REQUEST_DIFF_BASE_SHA": job.base, "CI_COMMIT_BEFORE_SHA": "0" * 40}
    status = job.shell(["bash", "-eo", "pipefail", "-c"], "\n".join(only["script"]), **env)
    uploads = [*only["artifacts"]["paths"], only["artifacts"]["reports"]["junit"]]
    return 0 if status in only["allow_failure"]["exit_codes"] else status, uploads


def jenkins(job):
    """Of a declarative pipeline: environment, stages with one condition and steps that are sh, and what is published."""
    text = re.sub(r"^\s*//.*$", "", (CI / "Jenkinsfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    env = dict(re.findall(r"^\s*(\w+) = '([^']*)'$", text, flags=re.MULTILINE))
    env |= {"BRANCH_NAME": job.branch, "GIT_COMMIT": job.head()}
    status = 0
    for stage in re.split(r"^\s*stage\('", text, flags=re.MULTILINE)[1:]:
        stage = stage.split("\n  post {")[0]
        branch = re.search(r"when \{ branch '([^']*)' \}", stage)
        scripts = re.findall(r"\bsh (?:'''(.*?)'''|'([^'\n]*)')", stage, flags=re.DOTALL)
        assert scripts, stage
        if branch and branch[1] != job.branch:
            continue
        for script in scripts:
            status = status or job.shell(["sh", "-xec"], "".join(script), **env)
    uploads = re.findall(r"(?:testResults|artifacts): '([^'*]*)", text)
    return status, uploads


def cron(job):
    """What cron does with the one line of the crontab; its mail is the output."""
    lines = [line for line in (CI / "crontab").read_text(encoding="utf-8").split("\n") if re.match(r"[\d*]", line)]
    (line,) = lines
    command = line.split(None, 5)[5]
    assert "%" not in command, "cron takes % for an end of the line"
    return job.shell(["sh", "-c"], command, HOME=str(Path(job.checkout).parent)), []


RECIPES = {"github": github, "gitlab": gitlab, "jenkins": jenkins, "cron": cron}
PATH = os.environ["PATH"]
