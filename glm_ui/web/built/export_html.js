import{e as a,B as y,N as b,O as v,P as w,Q as k,S as $,U as A,V as S,W as q,X as O}from"./app.js";import{d as P,f as U,a as j,e as z,b as B,c as C}from"./code_menu.js";import"./formatted.js";const L="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",d=/^data:image\/(png|jpeg|gif|webp|avif);base64,[\w+/=]+$/,R=`
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 800px; font: 16px/1.6 var(--glm-sans); color: var(--glm-text); background: var(--glm-page); }
h1 { margin: 0; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
nav ol { padding-left: 1.6em; }
a { color: var(--glm-accent); }
.facts, .ending, .who, .file { margin: 4px 0 0; color: var(--glm-muted); font-size: 14px; }
.system { margin: 16px 0 0; padding-left: 14px; border-left: 1px solid var(--glm-line); color: var(--glm-muted); font-size: 14px; white-space: pre-wrap; }
.conversation + .conversation, nav + .conversation { margin-top: 64px; padding-top: 32px; border-top: 1px solid var(--glm-line); }
.user { display: flex; flex-direction: column; align-items: flex-end; margin-top: 32px; }
.bubble { max-width: 85%; padding: 8px 16px; border-radius: 16px; background: var(--glm-bubble); white-space: pre-wrap; overflow-wrap: anywhere; }
.user img { max-width: 85%; max-height: 420px; border-radius: 10px; margin-bottom: 8px; }
.assistant { margin-top: 24px; }
.thinking, .tool { margin: 8px 0; color: var(--glm-muted); font-size: 14px; }
.thinking summary, .tool summary { cursor: pointer; }
.thinking div { margin: 8px 0 8px 5px; padding-left: 14px; border-left: 1px solid var(--glm-line); white-space: pre-wrap; overflow-wrap: anywhere; }
.tool pre { overflow-x: auto; }
math[display="block"] { margin: 8px 0; }
@media print { body { padding: 0; } }
`;async function T(e,t,r){const s=[],n=[];for await(const p of e){const c=p.title||t.untitled;n.push(c),s.push(await E(p,{title:c,id:`c${n.length}`,answer:r},t))}const o=n.length>1?a("nav",{},a("h1",{},t.all_title),a("ol",{},...n.map((p,c)=>a("li",{},a("a",{href:`#c${c+1}`},p))))):null,i=[a("meta",{charset:"utf-8"}),a("meta",{"http-equiv":"Content-Security-Policy",content:L}),a("meta",{name:"viewport",content:"width=device-width, initial-scale=1"}),a("meta",{name:"referrer",content:"no-referrer"}),a("title",{},n.length===1?n[0]:t.all_title)],l=`<style>${await g("tokens")}@layer reset {${R}}${await g("markdown")}</style>`;return[`<!doctype html>
<html>
<head>
`,...i.map(f),l,`
</head>
<body class="glm">
`,o?f(o):"",...s,`</body>
</html>
`]}const f=e=>`${e.outerHTML}
`;async function E(e,{title:t,id:r,answer:s},n){const o=!s&&e.settings?.system?.trim(),i=y(e),l=s?i.filter(m=>m.id===s.id||m.id===s.parent):i,p=await h(i,l,n),c=a("section",{class:"conversation",id:r},a("h1",{},t),a("p",{class:"facts"},(s?[P(s.createdAt)]:U(e)).join(" · ")),o?a("p",{class:"system"},o):null,...p);return await b(),x(c),f(c)}async function h(e,t,r){const s=[];for(const n of t)s.push(n.role==="user"?await H(n,r):I(n,r,v(e,n)));return s}async function H(e,t){const r=(await Promise.all([...e.pictures??[],...e.files??[]].map(N))).filter(Boolean).map(n=>a("img",{src:n,alt:""})),s=j(e).map(n=>a("p",{class:"file"},`${t.file}: ${n}`));return a("article",{class:"user","aria-label":t.you},...r,...s,e.text?a("div",{class:"bubble",dir:"auto"},e.text):null)}function I(e,t,r){const s=w(e.sources).map(({number:o,title:i,url:l})=>a("p",{},`[${o}] ${i}: ${l}`)),n=z(e,t);return a("article",{class:"assistant","aria-label":t.assistant},a("p",{class:"who"},B(e)||t.assistant),...k(e).flatMap((o,i)=>M(o,e.sources,$(e,i,r),t)),...s,n?a("p",{class:"ending"},n):null)}function M({thinking:e,text:t,toolCalls:r,cited:s},n,o,i){const l=a("div",{class:"md"});l.append(A(S(t,s))),q(l,s,n),O(l,o);const p=r.map(m=>a("details",{class:"tool"},a("summary",{},`${i.tool}: ${m.name??""}`),a("pre",{},String(m.arguments??"")),typeof m.result=="string"?a("pre",{},m.result):null,...[m.pictures??[]].flat().filter(u=>d.test(u)).map(u=>a("img",{src:u,alt:""})))),c=e&&a("details",{class:"thinking"},a("summary",{},i.thinking),a("div",{},e));return[...c?[c]:[],l,...p]}async function N(e){for(const t of[e?.sent,...Object.values(e??{})]){if(typeof t=="string"&&d.test(t))return t;if(t instanceof Blob&&d.test(`data:${t.type};base64,AA==`))return C(t)}return null}function x(e){for(const t of e.querySelectorAll("button, input[type=button]"))t.remove();for(const t of e.querySelectorAll(".katex")){const r=t.querySelector("math");r&&t.replaceWith(r)}for(const t of e.querySelectorAll("[data-waiting], [data-copy]"))t.removeAttribute("data-waiting"),t.removeAttribute("data-copy")}async function g(e){try{const t=await fetch(new URL(`../styles/${e}.css`,new URL("../conversations/export_html.js",import.meta.url).href)),r=t.ok?await t.text():"";return r.includes("</")?"":r}catch{return""}}export{x as atRest,h as drawnTurns,g as pageSheet,T as toHtml};
/*! GLM UI, and libraries that ../vendor/LICENSES.md names. Made of the scripts beside by `npm run build`. */
