"""The samples of deploy/notify against stand-ins: a sendmail that keeps what it gets, a robot's address on this machine."""
import email
import email.policy
import http.server
import json
import os
import pathlib
import threading
import urllib.parse

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "notify"
KEY = "693a91f6-7a5c-4bc4-97a0-0ec2aaa5aaa5"


class Robot(http.server.BaseHTTPRequestHandler):
    said = []
    answer = {"errcode": 0, "errmsg": "ok"}

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Robot.said.append((self.path, self.headers["Content-Type"], body))
        told = json.dumps(Robot.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_):
        pass


class Samples:
    def __init__(self, world, trial):
        self.world, self.trial = world, trial
        self.tools = pathlib.Path(world.dir, "tools")
        self.tools.mkdir()
        self.notices = list({n["notice"]: n for n in world.all}.values())

    def tool(self, name, text):
        path = self.tools / name
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o700)

    def tell(self, notices, sample, arguments, language="en", codes=(0,), **variables):
        self.trial.put_back(notices)
        environment = dict(os.environ, PATH="%s:%s" % (self.tools, os.environ["PATH"]), **variables)
        done = self.world.run("--lang", language, *self.world.words(
            "--once", program=str(SAMPLES / sample), arguments=arguments, every="3600"), env=environment)
        self.trial.case("%s: exit %s" % (sample, codes), done.returncode in codes, (done.returncode, done.stderr))
        return done.stderr

    def mails(self):
        found = []
        for path in sorted(self.tools.glob("mail.*"), key=lambda p: int(p.suffix[1:])):
            data = path.read_bytes()
            path.unlink()
            found.append((data, email.message_from_bytes(data, policy=email.policy.default)))
        return found

    def mail(self):
        case = self.trial.case
        self.tool("sendmail", 'n=$(ls "$(dirname "$0")"/mail.* 2>/dev/null | wc -l); [ "$1" = -t ] && '
                  'cat >"$(dirname "$0")/mail.$n"')
        sender = str(self.tools / "sendmail") + " -t"
        ids = []
        for language in ("en", "zh"):
            self.tell(self.notices, "mail", ["finance@example.com", "boss@example.com"], language,
                      ALLCLEAR_SENDMAIL=sender, ALLCLEAR_MAIL_FROM="allclear@example.com")
            mails = self.mails()
            case("mail: one each, " + language, len(mails) == len(self.notices), len(mails))
            ids.append([mail["Message-ID"] for _, mail in mails])
            for notice, (data, mail) in zip(self.notices, mails):
                case("mail: %s, %s" % (notice["notice"], language),
                     data.isascii() and max(map(len, data.split(b"\n"))) <= 78 and not mail.defects and
                     mail["To"] == "finance@example.com, boss@example.com" and
                     mail["From"] == "allclear@example.com" and mail["X-AllClear-Notice"] == notice["notice"] and
                     (language == "zh" or mail["Subject"] == notice["subject"]) and
                     mail["Subject"].startswith("[demo TEST] ") and notice["id"] in mail.get_content() and
                     (language == "zh" or notice["text"] in mail.get_content()), data)
        case("mail: a copy is known as one", ids[0] == ids[1] and len(set(ids[0])) == len(ids[0]))
        self.tell(self.notices[:1], "mail", [], codes=(75,), ALLCLEAR_SENDMAIL=sender)
        self.tool("refusing", "exit 75")
        self.tell(self.notices[:1], "mail", ["a@example.com"], codes=(75,), ALLCLEAR_SENDMAIL=str(self.tools / "refusing"))

    def wecom(self):
        case = self.trial.case
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Robot)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = "http://127.0.0.1:%d/cgi-bin/webhook/send" % server.server_address[1]
        key = pathlib.Path(self.world.dir, "robot.key")
        key.write_text(KEY + "\n")
        key.chmod(0o600)
        self.tool("curl", 'echo "$*" >>"$(dirname "$0")/curl.log"; PATH=${PATH#*:} exec curl "$@"')
        long = dict(self.notices[0], notice="store_silent", id="store_silent:B:long", store="长" * 3000)
        odd = dict(self.notices[0], notice="proposal_waits", id="proposal_waits:odd", proposal="x",
                   since="now", what='quotes " and \\ and\ttab\nand a line')
        notices = self.notices + [long, odd]
        try:
            for language in ("en", "zh"):
                Robot.said.clear()
                self.tell(notices, "wecom", [str(key)], language, ALLCLEAR_WECOM_URL=address)
                case("wecom: one each, " + language, len(Robot.said) == len(notices), len(Robot.said))
                for notice, (path, kind, body) in zip(notices, list(Robot.said)):
                    told = json.loads(body.decode("utf-8"))
                    content = told["markdown"]["content"]
                    case("wecom: %s, %s" % (notice["id"], language),
                         urllib.parse.parse_qs(path.partition("?")[2]) == {"key": [KEY]} and
                         kind == "application/json" and set(told) == {"msgtype", "markdown"} and
                         told["msgtype"] == "markdown" and len(content.encode()) <= 4096 and
                         notice["id"] in content and (notice in (long, odd) or language == "zh" or (
                             notice["subject"] in content and notice["text"] in content)), body[:600])
                    if notice is odd:
                        case("wecom: quotes, " + language, 'quotes " and \\ and tab\nand a line' in content, content)
            case("wecom: the key is on no command line", (self.tools / "curl.log").exists() and
                 KEY not in (self.tools / "curl.log").read_text())
            Robot.answer = {"errcode": 45009, "errmsg": "api freq out of limit"}
            told = self.tell(self.notices[:1], "wecom", [str(key)], codes=(75,), ALLCLEAR_WECOM_URL=address)
            case("wecom: too often is tried again", "45009" in told and KEY not in told, told)
            Robot.answer = {"errcode": 0, "errmsg": "ok"}
            key.chmod(0o644)
            told = self.tell(self.notices[:1], "wecom", [str(key)], codes=(75,), ALLCLEAR_WECOM_URL=address)
            case("wecom: a key that others may read", "chmod 600" in told, told)
            key.chmod(0o600)
        finally:
            server.shutdown()
        server.server_close()
        told = self.tell(self.notices[:1], "wecom", [str(key)], codes=(75,), ALLCLEAR_WECOM_URL=address)
        case("wecom: nobody there", KEY not in told, told)

    def play(self):
        self.mail()
        self.wecom()
        self.trial.put_back([])
