# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, driven through ChromeDriver's HTTP (W3C WebDriver, and DevTools commands through it)."""
import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request

NEEDS = ("chromium", "chromedriver")
SECONDS = 30  # until something is given up


def missing():
    return [name for name in NEEDS if not shutil.which(name)]


class Browser:
    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        arguments = ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        options = {"binary": shutil.which("chromium"), "args": arguments}
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}, "goog:chromeOptions": options}
        try:
            self.until(self.is_up)
            self.session = "/session/" + self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except Exception:
            self.driver.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)["value"]

    def is_up(self):
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def until(self, holds):
        end = time.monotonic() + SECONDS
        while not (value := holds()):
            if time.monotonic() > end:
                raise TimeoutError(f"{holds}")
            time.sleep(0.05)
        return value

    def js(self, script, *arguments):
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def tools(self, command, **parameters):
        return self.call("POST", self.session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self, kind):
        return self.call("POST", self.session + "/se/log", {"type": kind})

    def look(self, width, height=900, scheme="light", media="screen"):
        """How the next page, and the present one, are shown."""
        self.tools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.tools("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path, scripts=True):
        self.tools("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("POST", self.session + "/url", {"url": path.resolve().as_uri()})
        if scripts:
            self.until(lambda: self.js("return document.documentElement.dataset.ready"))

    def picture(self, path, width, height=None):
        """Of the page's first so many pixels, or of all of it."""
        height = height or self.js("return document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        made = self.tools("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(made["data"]))
