import{k as y,C as L,a8 as U,E as B,F as x,D as C,av as F,O as E,M as I,t as O,N as v}from"./app.js";import{m as J,r as j,f as z,t as P}from"./formatted.js";const m="$blob";async function u(t){if(t instanceof Blob)return{[m]:await k(t)};if(Array.isArray(t))return Promise.all(t.map(u));if(!t||typeof t!="object")return t;const n=await Promise.all(Object.entries(t).map(async([e,r])=>[e.startsWith("$")?`$${e}`:e,await u(r)]));return Object.fromEntries(n.filter(([,e])=>e!==void 0))}function d(t){return Array.isArray(t)?t.map(d):!t||typeof t!="object"?t:typeof t[m]=="string"?D(t[m]):Object.fromEntries(Object.entries(t).map(([n,e])=>[n.startsWith("$$")?n.slice(1):n,d(e)]))}function k(t){return new Promise((n,e)=>{const r=new FileReader;r.onload=()=>n(String(r.result)),r.onerror=()=>e(r.error),r.readAsDataURL(t)})}function D(t){const[,n,e,r]=/^data:([^,]*?)(;base64)?,(.*)$/s.exec(t)??[];if(r===void 0)throw new TypeError("A file in it is broken.");const a=e?Uint8Array.from(atob(r),s=>s.charCodeAt(0)):new TextEncoder().encode(decodeURIComponent(r));return new Blob([a],{type:n})}const W="glm-ui-conversations",q=1;async function H({rev:t,...n}){const e=await u(n);return U(e),e}async function K(t,n=[],e=[]){const r=[`{"format":${JSON.stringify(W)},"version":${q},"conversations":[`];let a=!0;for await(const s of t)r.push(a?`
`:`,
`,JSON.stringify(await H(s))),a=!1;return r.push(`
]`),e.length&&r.push(`,"prompts":${JSON.stringify(e)}`),n.length&&r.push(`,"unreadable":${JSON.stringify(await u(n))}`),r.push(`}
`),r}async function V(t,n){const e=[];for await(const r of t)e.length&&e.push(`

---

`),e.push(G(r,n));return e}function G(t,n){const e=t.settings?.system?.trim(),r=[`# ${o(t.title)||n.untitled}`,`*${S(t).join(" · ")}*`];e&&r.push(`**${n.system}**`,nt(e));const a=y(t);for(const s of a)r.push(...s.role==="user"?Q(s,n):X(s,n,L(a,s)));return`${r.filter(Boolean).join(`

`)}
`}const Q=(t,n)=>[`## ${n.you}`,...A(t).map(e=>`*${n.file}: ${o(e)}*`),t.text];function X(t,n,e){return[`## ${o(b(t))||n.assistant}`,...B(t).flatMap((r,a)=>Y(r,t.sources,x(t,a,e),n)),...C(t.sources).map(({number:r,title:a,url:s})=>`[${r}] ${o(a)}: <${s}>`),$(t,n)&&`*${$(t,n)}*`]}function Y({thinking:t,toolCalls:n,...e},r,a,s){const c=n.map(({name:i,arguments:p,result:h,pictures:N})=>[`*${s.tool}: ${o(i)}*`,g(p??"","json"),typeof h=="string"?g(h,"text"):"",...tt(N).map(({kind:M,data:R},T)=>Z(M,R,T+1,s))].filter(Boolean).join(`

`)),l=t.trim();return[l&&`<details><summary>${s.thinking}</summary>

${g(l,"text")}

</details>`,et(F(E(e,r),a)),...c]}function Z(t,n,e,r){const a=`${Math.ceil(n.length*3/4e3)} kB`;return`*${r.result_picture.replace("{n}",String(e)).replace("{kind}",t.toUpperCase()).replace("{size}",a)}*`}const tt=t=>[t??[]].flat().flatMap(n=>{const[,e,r]=/^data:image\/(png|jpeg|gif|webp);base64,([\w+/=]+)$/.exec(String(n))??[];return e&&r?[{kind:e,data:r}]:[]}),b=t=>t.metrics?.model??t.model??"",A=t=>(t.files??[]).map(({name:n,url:e})=>n||e||"").filter(Boolean);function $({ending:t},n){return!t||["stop","tool_calls","waiting","running"].includes(t.kind)?"":t.kind==="error"?String(t.error?.what??n.endings.other.what):(n.endings[t.kind]??n.endings.other).what}function S(t){const n=new Set(y(t).filter(({role:e})=>e==="assistant").map(b).filter(Boolean));return[_(t.createdAt),...n]}const _=t=>Number.isFinite(t)?new Date(t).toISOString().slice(0,10):"",o=t=>String(t??"").replace(/\s+/g," ").trim(),nt=t=>t.split(`
`).map(n=>`> ${n}`).join(`
`);function g(t,n){const e="`".repeat(Math.max(3,...[...t.matchAll(/`+/g)].map(([r])=>r.length+1)));return`${e}${n}
${t}
${e}`}function et(t){let n="";for(const[,e,r]of t.matchAll(/^ {0,3}(`{3,}|~{3,})([^\n]*)$/gm))n?e[0]===n[0]&&e.length>=n.length&&!r.trim()&&(n=""):n=e;return n?`${t}
${n}`:t}function rt(t,n){const e=o(t).normalize("NFC").replace(/[\u0000-\u001f\u007f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,"").replace(/^[.\s]+|[.\s]+$/g,"");return/^(con|prn|aux|nul|com\d|lpt\d)$/i.test(e)?`${e} conversation.${n}`:`${[...e].slice(0,60).join("").trim()||"conversation"}.${n}`}function w(t,n,e){const r=document.createElement("a");r.href=URL.createObjectURL(new Blob(n,{type:e})),r.download=t,r.click(),setTimeout(()=>URL.revokeObjectURL(r.href),6e4)}const at="\uFEFF";function st(t,n,{words:e,announce:r}){const a=t.querySelector("table");if(!a)return;const s=async f=>{const i=await f;r(i?e.copied:e.not_copied),i&&ot(n,e.copied)},c=()=>P(j(a)),l=()=>{const f=j(a).map(p=>p.join("	")).join(`
`),i=a.cloneNode(!0);return v(Promise.resolve({html:z(i),text:f}))};I(n,[{label:e.table_formatted,icon:"copy",run:()=>s(l())},{label:e.table_csv,icon:"copy",run:()=>s(O(c()))},{label:e.table_markdown,icon:"copy",run:()=>s(O(J(a)))},{label:e.table_save,icon:"download",run:()=>w("table.csv",[`${at}${c()}\r
`],"text/csv")}])}const it=1500;function ot(t,n){if(t.ariaLabel===n)return;const e=t.ariaLabel;t.ariaLabel=n,setTimeout(()=>t.ariaLabel=e,it)}var ct=Object.freeze({__proto__:null,openTableMenu:st});export{A as a,b,_ as c,k as d,$ as e,S as f,rt as g,K as h,ct as i,w as s,V as t,d as u};
/*! GLM UI, and libraries that ../vendor/LICENSES.md names. Made of the scripts beside by `npm run build`. */
