// Written by scripts/web_types.py from the types that Python is checked with: change those, not this file.

declare namespace Wire {
  type KeysOf<U> = U extends unknown ? keyof U : never;
  /** A union whose members have the fields of the others as undefined, so that each may be asked for. */
  type Flat<U, K extends PropertyKey = KeysOf<U>> = U extends unknown
    ? U & { [N in Exclude<K, keyof U>]?: undefined }
    : never;

  interface Config {
    words: Words;
    examples: Array<Array<string>>;
    controls: ControlsConfig;
    providers: Record<string, ProviderTold>;
    offered?: Record<string, Array<[string, string]>>;
    multimodal: MultimodalConfig;
    tabs: Array<string>;
    models: Record<string, ModelOffered>;
    picked: Record<string, string>;
    first_provider: string;
    languages: Record<string, string>;
    language: string;
    space: string;
    state: State;
  }

  interface ControlsConfig {
    states: Array<Record<string, Record<string, any>>>;
    choices: Record<string, Array<number>>;
  }

  interface ProviderTold {
    name: string;
    needs_key: boolean;
    asks_key: boolean;
    key_page: string | null;
    shares: string;
  }

  interface MultimodalConfig {
    hears: Array<string>;
    words: MultimodalWords;
    examples: Array<Example>;
    models: Array<Offered>;
  }

  interface Example {
    title: string;
    prompt: string;
    file: string;
    picture: string;
    choices?: Record<string, any>;
  }

  interface Offered {
    label: string;
    value: string;
    takes: Array<string>;
  }

  interface ModelOffered {
    name: string;
    released: string | null;
    window: number | null;
    takes: Array<string>;
    thinks: boolean;
    tools: boolean;
    at: Record<string, ModelAt>;
  }

  interface ModelAt {
    takes?: Array<string>;
    price?: [number, number];
  }

  interface State {
    own: Array<string>;
    ready: Array<string>;
    offline: boolean;
    left?: LeftTold | null;
  }

  interface LeftTold {
    turns: number | null;
    tokens: number | null;
    back_at: number | null;
  }

  interface Table {
    rows: Array<RowTold>;
    cards: Record<string, CardTold>;
    groups: Record<string, string>;
    providers: Record<string, ProviderRow>;
    sources: Record<string, SourceRow>;
  }

  interface RowTold {
    key: string;
    kind: string;
    name: string;
    model: string | null;
    model_name: string | null;
    group: string;
    provider: string | null;
    surface: string | null;
    wire_ids: Record<string, string>;
    figures: Record<string, RowFigure>;
    inputs_at: Record<string, Array<string>>;
    conflicts: number;
    find: string;
  }

  interface RowFigure {
    value: string | number | boolean | Array<string> | null;
    provider?: string | null;
    by_provider?: Record<string, number | null>;
    can_disable?: boolean | null;
    efforts?: Array<string>;
    note?: string;
    sources: Array<string>;
  }

  interface CardTold {
    family: string;
    purpose: string;
  }

  interface ProviderRow {
    name: string;
    dialect: string;
  }

  interface SourceRow {
    key: string;
    title: string;
    url: string | null;
    date: string | null;
    note: string;
  }

  interface Trace {
    mapped: boolean;
    model: string | null;
    provider: string | null;
    dialect: string | null;
    wire_id: string | null;
    steps: Array<StepTold>;
    nearest: Array<string>;
    name: string;
    model_name: string | null;
    points: Array<Point>;
    conflicts: Array<ConflictTold>;
    ids: Record<string, string>;
    elsewhere: Record<string, string>;
    notes: Array<string>;
    status: string;
    says: Array<AliasSays | FamilySays>;
  }

  interface StepTold {
    kind: string;
    text: string;
  }

  interface Point {
    point: string;
    promised: FigureTold | null;
    given: FigureTold | null;
    differs: boolean;
  }

  interface FigureTold {
    value: string | number | boolean | Array<string> | null;
    provider?: string | null;
    by_provider?: Record<string, number | null>;
    can_disable?: boolean | null;
    efforts?: Array<string>;
    note?: string;
    sources: Array<SourceTold>;
  }

  interface SourceTold {
    source: string;
    title: string;
    url?: string;
    date?: string | null;
    note?: string;
    value?: string | number | boolean | Array<string> | null;
    provider?: string;
  }

  interface ConflictTold {
    key: string;
    point: string;
    verdict: string;
    sides: Array<SourceTold>;
  }

  interface AliasSays {
    source: string;
    title: string;
    url?: string;
    date?: string | null;
    note?: string;
    value?: string | number | boolean | Array<string> | null;
    provider?: string;
    kind: "alias";
    name: string;
    surface: string;
    target: string;
    description: string;
  }

  interface FamilySays {
    source: string;
    title: string;
    url?: string;
    date?: string | null;
    note?: string;
    value?: string | number | boolean | Array<string> | null;
    provider?: string;
    kind: "family";
    name: string;
    columns: Record<string, string | number | boolean | Array<string> | null>;
  }

  interface RequestTold {
    round: number;
    rounds: number;
    method: string;
    url: string;
    headers: Record<string, string>;
    body: any;
    media: Array<MediaTold>;
    size: number;
    provider: string | null;
    dialect: string | null;
    notes: Array<string>;
    snippets: Array<SnippetTold>;
    raw: RawTold;
    kept: boolean;
  }

  interface MediaTold {
    name: string;
    mime: string;
    size: number;
    sha256: string;
  }

  interface SnippetTold {
    key: string;
    label: string;
    language: string;
    file: string;
    code: string;
    notes: Array<string>;
  }

  interface RawTold {
    size: number;
    text: string;
    cut: boolean;
    whole: boolean;
  }

  interface UploadTold {
    id: string;
    name: string;
    size: number;
  }

  interface ListingTold {
    models: Array<ListedTold>;
    lacking: Array<LackingTold>;
    others?: number;
    provider: string;
    listed: boolean;
  }

  interface ListedTold {
    id: string;
    name: string;
    window: number | null;
    max_output: number | null;
    inputs: Array<string>;
    tools: boolean | null;
    price_input: number | null;
    price_output: number | null;
    price_cached: number | null;
    host: string;
    model: string | null;
    catalogue: PriceTold | null;
  }

  interface PriceTold {
    input: number | null;
    output: number | null;
  }

  interface LackingTold {
    model: string;
    name: string;
    id: string;
  }

  interface Connections {
    answers: Answering | null;
    problem: ErrorTold | null;
    state: "open" | "key" | "none" | "closed";
    owner: boolean;
    keeps_content: boolean;
    clients: Array<Program>;
  }

  interface Answering {
    model: string;
    provider: string;
    id: string;
  }

  interface ErrorTold {
    slug: string;
    what: string;
    why: string;
    todo: string;
    way_out: string;
    provider: string;
    provider_code: string;
    status: number | null;
    retry_after: number | null;
    details: Record<string, any>;
  }

  interface Program {
    key: string;
    label: string;
    blocks: Array<BlockTold>;
    test: ProgramTest;
  }

  interface BlockTold {
    file: string;
    language: string;
    text: string;
  }

  interface ProgramTest {
    path: string;
    headers: Record<string, string>;
    body: Record<string, any>;
  }

  interface BegunTest {
    turn: string;
    token: string;
  }

  interface RecentRequests {
    requests: Array<ProgramRequest>;
  }

  interface ProgramRequest {
    id: string;
    at: number;
    client: string;
    program: string;
    path: string;
    asked: string;
    provider: string;
    provider_name: string;
    model: string | null;
    ending: string;
    seconds: number;
    first_word: number | null;
    input_tokens: number;
    output_tokens: number;
    cost: number | null;
    said: string;
    kept: boolean;
  }

  interface Turn {
    session?: string;
    visitor?: string;
    lasts?: string;
    consent?: boolean;
    id?: string;
    model: string;
    provider?: string | null;
    thinking?: boolean | null;
    effort?: string | null;
    system?: string;
    sampling?: Sampling;
    messages: Array<Said>;
    continues?: boolean;
    tools?: Array<string>;
    allowed?: Array<string>;
    resumes?: boolean;
    sources?: Array<Numbered>;
  }

  interface Sampling {
    temperature?: number | null;
    top_p?: number | null;
    top_k?: number | null;
    max_tokens?: number | null;
    stop?: Array<string>;
    seed?: number | null;
    presence_penalty?: number | null;
    frequency_penalty?: number | null;
    json_output?: boolean;
  }

  interface Said {
    text?: string;
    thinking?: Array<ThinkingBlock>;
    calls?: Array<Call>;
    role: "user" | "assistant";
    files?: Array<FileRef>;
    rounds?: Array<Round>;
    searched?: boolean;
  }

  interface ThinkingBlock {
    text?: string;
    opaque?: Record<string, any> | null;
  }

  interface Call {
    id?: string;
    name?: string;
    arguments?: string;
    result?: string | null;
    failed?: boolean;
    key?: string;
    verdict?: "" | "once" | "no" | "began";
    reason?: string;
    pin?: string;
    inline?: boolean;
    pictures?: Array<string>;
  }

  interface FileRef {
    id?: string;
    url?: string;
    name?: string;
    send_as?: "auto" | "pictures" | "text" | "frames" | "file";
    pages?: string;
    per_second?: number;
    max_frames?: number;
    pictures?: number;
  }

  interface Round {
    text?: string;
    thinking?: Array<ThinkingBlock>;
    calls?: Array<Call>;
  }

  interface Numbered {
    number: number;
    url: string;
  }

  interface Arrived {
    visitor: string;
    path: string;
    name?: string;
  }

  interface Unlock {
    visitor: string;
    id: string;
    password: string;
  }

  interface TranscriptionRequest {
    session?: string;
    visitor: string;
    file: FileRef;
  }

  interface Wanted {
    session?: string;
    visitor: string;
    model: string;
    provider?: string | null;
    file: FileRef;
    item?: number;
  }

  interface Region {
    session?: string;
    visitor: string;
    model: string;
    provider?: string | null;
    file: FileRef;
    item?: number;
    box: [number, number, number, number];
    label?: string;
    drawn?: boolean;
  }

  interface Boxes {
    boxes: Array<BoxPosted>;
    pictures: Array<[string, [number, number]]>;
  }

  interface BoxPosted {
    box: [number, number, number, number];
    label?: string;
    picture?: number;
  }

  interface OwnServer {
    session: string;
    address: string;
    kind?: string;
    key?: string;
  }

  interface Delta {
    k: "d";
    t?: string;
    a?: string;
  }

  interface TakeBack {
    k: "take";
  }

  interface Wait {
    k: "wait";
    phase: "connecting" | "first_byte";
  }

  interface Retry {
    k: "retry";
    attempt: number;
    of: number;
    delay: number;
    why: string;
  }

  interface Start {
    k: "start";
    model: string | null;
    notes: Array<string>;
  }

  interface Notes {
    k: "note";
    notes: Array<string>;
  }

  interface Tool {
    k: "tool";
    calls: Array<CallTold>;
  }

  interface CallTold {
    key?: string;
    server?: string;
    title?: string;
    state?: string;
    why?: string;
    pin?: string;
    progress?: Progress;
    result?: string;
    seconds?: number | null;
    pictures?: Array<string>;
    id: string;
    name: string;
    arguments: string;
  }

  interface Progress {
    done: number;
    total: number | null;
    text: string;
  }

  interface CallNews {
    k: "call";
    index: number;
    call: RunTold;
  }

  interface RunTold {
    key?: string;
    server?: string;
    title?: string;
    state?: string;
    why?: string;
    pin?: string;
    progress?: Progress;
    result?: string;
    seconds?: number | null;
    pictures?: Array<string>;
  }

  interface PastRoundTold {
    k: "round";
    thinking: Array<Block>;
    seconds: number | null;
  }

  interface Block {
    text: string;
    opaque: Record<string, any> | null;
  }

  interface SourcesTold {
    k: "sources";
    items: Array<CitedTold>;
  }

  interface CitedTold {
    number: number;
    url: string;
    title: string;
    snippet: string;
    published: string;
    ref: number;
  }

  interface CitationTold {
    k: "cite";
    url: string;
    text: string;
    back: number;
  }

  interface Searched {
    k: "searched";
  }

  interface Measured {
    k: "m";
    metrics: Metrics;
  }

  interface Metrics {
    input: MeasuredFigure | null;
    output: MeasuredFigure;
    thinking: MeasuredFigure | null;
    answer: MeasuredFigure | null;
    cached: MeasuredFigure | null;
    cost: MeasuredFigure | null;
    cost_input: MeasuredFigure | null;
    cost_thinking: MeasuredFigure | null;
    cost_answer: MeasuredFigure | null;
    model: string | null;
    provider: string;
    finish: string | null;
    ttft: number | null;
    thinking_seconds: number | null;
    seconds: number;
    tokens_per_second: MeasuredFigure | null;
    window: number | null;
    window_used: MeasuredFigure | null;
    retries: number;
    notes: Array<string>;
  }

  interface MeasuredFigure {
    value: number;
    estimated: boolean;
  }

  interface BoxesFound {
    k: "boxes";
    boxes: Array<BoxTold>;
  }

  interface BoxTold {
    box: [number, number, number, number];
    label: string;
    picture: number;
    text: string;
    pixels: [number, number, number, number] | null;
  }

  interface Files {
    k: "files";
    file: number;
    done: number;
    total: number;
  }

  interface Done {
    metrics: Metrics;
    thinking: Array<Block>;
    calls: Array<CallTold>;
    state?: State;
    k: "done";
    ending: EndingTold;
  }

  interface EndingTold {
    kind: string;
    raw: string;
    why?: string;
  }

  interface Ended {
    k: "ended";
    ending: EndingTold;
    state?: State;
  }

  interface Failed {
    k: "error";
    error: ErrorTold;
    metrics?: Metrics;
    thinking?: Array<Block>;
    calls?: Array<CallTold>;
    state?: State;
  }

  interface All {
    k: "all";
    frames: Array<Silence | Delta | TakeBack | Wait | Retry | Start | Notes | Tool | CallNews | PastRoundTold | SourcesTold | CitationTold | Searched | Measured | BoxesFound | Files | Done | Ended | Failed | All>;
    state?: State;
  }

  interface Silence {
    k?: "";
  }

  interface PlanTold {
    k: "plan";
    files: Array<FileTold>;
    pictures: Array<SeenTold>;
    visual_tokens: number;
    text_tokens: number;
    taken: number;
    window: number | null;
    fill: number | null;
    warnings: Array<string>;
    refusals: Array<ErrorTold>;
    needs_consent: boolean;
  }

  interface FileTold {
    name: string;
    label: string;
    kind: string | null;
    format: string;
    pictures: number;
    original_bytes: number;
    sent_as: "picture" | "pictures" | "pages" | "text" | "frames" | "file" | "address" | "";
    original_size: [number, number] | null;
    pages: number | null;
    picked: Array<number>;
    seconds: number | null;
    sent_bytes: number;
    tokens: number;
    items: Array<ItemTold>;
    notes: Array<string>;
    warning: string;
    refusal: ErrorTold | null;
  }

  interface ItemTold {
    label: string;
    mime: string;
    weight: number;
    tokens: number;
    size: [number, number] | null;
    thumbnail: string | null;
  }

  interface SeenTold {
    file: number;
    item: number;
    size: [number, number] | null;
    name: string;
  }

  interface Found {
    k: "finding";
    finding: FindingTold;
  }

  interface FindingTold {
    check: string;
    state: "good" | "bad" | "note" | "unknown";
    seen: string;
    todo: string;
  }

  interface Over {
    k: "done";
  }

  type TurnFrame = Flat<Delta | TakeBack | Wait | Retry | Start | Notes | Tool | CallNews | PastRoundTold | SourcesTold | CitationTold | Searched | Measured | BoxesFound | Files | Done | Ended | Failed | All>;

  type PlanFrame = Flat<Files | PlanTold | Failed>;

  type DoctorFrame = Flat<Found | Over | Failed>;

  type Frame = Flat<Delta | TakeBack | Wait | Retry | Start | Notes | Tool | CallNews | PastRoundTold | SourcesTold | CitationTold | Searched | Measured | BoxesFound | Files | Done | Ended | Failed | All | PlanTold | Found | Over>;

  interface Words {
    "title": string;
    "shortcuts": { "title": string; "more": string; "close": string; "copied": string; "nothing": string; "names": Record<string, string> };
    "key": Record<string, string>;
    "line": Record<string, string>;
    "reach": { "no_network": Array<string>; "no_server": Array<string> };
    "missing": string;
    "missing_more": string;
    "welcome": string;
    "welcome_more": string;
    "skip": string;
    "side_bar": string;
    "conversation_log": string;
    "you": string;
    "assistant": string;
    "thinking": string;
    "thought": string;
    "thought_for": string;
    "tokens": string;
    "tool_call": string;
    "model_unknown_yet": string;
    "page_failed": string;
    "page_failed_todo": string;
    "connecting": string;
    "reconnecting": string;
    "preparing": string;
    "waiting": string;
    "retrying": string;
    "stop": string;
    "answering": string;
    "finished": string;
    "request": string;
    "copy": string;
    "show_all": string;
    "show_less": string;
    "copy_thinking": string;
    "copied": string;
    "preview": string;
    "more": string;
    "copy_table": string;
    "all_lines": string;
    "diagram_source": string;
    "diagram_failed": string;
    "retry": string;
    "edit": string;
    "undo": string;
    "previous": string;
    "next": string;
    "cancel": string;
    "send": string;
    "files": Record<string, string>;
    "to_end": string;
    "m_model": string;
    "m_first": string;
    "m_speed": string;
    "m_in": string;
    "m_out": string;
    "m_thinking": string;
    "m_thinking_short": string;
    "m_cached": string;
    "m_cost": string;
    "m_window": string;
    "per_second": string;
    "in": string;
    "out": string;
    "cached": string;
    "state_demo": string;
    "state_own": string;
    "state_refused": string;
    "state_server": string;
    "state_open": string;
    "state_missing": string;
    "left": string;
    "left_turns": Array<string>;
    "left_tokens": Array<string>;
    "left_none": string;
    "left_nothing": string;
    "key_lost": string;
    "demo_mark": string;
    "demo_note": string;
    "demo_steps": string;
    "demo_get": string;
    "demo_enter": string;
    "appearance": { "label": string; "theme": string; "themes": Record<string, string>; "text": string; "texts": Record<string, string> };
    "key_missing": Array<string | { "key": string }>;
    "key_from": string;
    "key_saved": string;
    "server_used": string;
    "server_gone": string;
    "key_failed": string;
    "chats": string;
    "chats_search": string;
    "chats_none": string;
    "chats_nothing_found": string;
    "rename": string;
    "pin": string;
    "unpin": string;
    "delete": string;
    "deleted": string;
    "put_back": string;
    "untitled": string;
    "actions": Record<string, string>;
    "endings": Record<string, { "what": string; "more": string; "action": null | string }>;
    "models": { "title": string; "detail": string; "views": Record<string, string>; "cards": Record<string, string>; "free": string; "legend": string; "views_label": string; "search": string; "filters": Record<string, string>; "choices": Record<string, Record<string, string>>; "order": string; "columns": Record<string, string>; "column_titles": Record<string, string>; "row": string; "rows": string; "clear": string; "load_failed": string; "load_again": string; "none": string; "yes": string; "no": string; "unknown": string; "tokens": string; "price_at": string; "per_million": string; "disagree_title": string; "kinds": Record<string, string>; "thinking": Record<string, string>; "trace": string; "trace_label": string; "trace_empty": string; "any_provider": string; "provider": string; "no_name": string; "not_mapped": string; "not_served": string; "nearest": string; "steps": string; "compared": string; "point": string; "promised": string; "given": string; "not_said": string; "differs": string; "points": Record<string, string>; "disagreements": string; "says": string; "ids": string; "notes": string; "sources": string; "at": string; "surfaces": Record<string, string>; "dialects": Record<string, string>; "elsewhere": Record<string, string>; "family": Record<string, string>; "use": Record<string, string>; "tryout": { "name": string; "provider": string; "any_provider": string; "thinking_label": string; "thinking_ways": Record<string, string>; "lanes": Record<string, string>; "prompt": string; "two": string; "send": string; "stop": string; "no_prompt": string; "no_name": string; "unknown": string; "stumbled": string; "figures": Record<string, string>; "events": Record<string, string>; "difference": string; "same": string; "too_different": string; "differs_by": string }; "live": { "provider": string; "model": string; "ask": string; "doctor": string; "stop": string; "about": string; "asking": string; "waiting": string; "failed": string; "copy_report": string; "report_ready": string; "checks": Record<string, string>; "states": Record<string, string>; "no_list": string; "fresh": string; "fresh_none": string; "lacking": string; "lacking_none": string; "known": string; "known_none": string; "others": string; "list_columns": Array<string>; "was": string }; "connect": { "about": string; "client": string; "model": string; "answers": string; "copy": string; "file": string; "run": string; "states": Record<string, string>; "test": string; "stop": string; "test_about": string; "key": string; "key_about": string; "sending": string; "figures": Record<string, string>; "wires": Record<string, string>; "provider": string; "sent": string; "got": string; "nothing_sent": string; "failed": string; "live": string; "live_none": string; "live_not_yours": string; "kept_off": string; "kept_on": string; "columns": Record<string, string>; "open": string; "local": string; "failed_ending": string; "endings": Record<string, string> } };
    "exact": { "title": string; "open": string; "close": string; "round": string; "rounds": string; "tabs": Record<string, string>; "headers": string; "body": string; "bytes": string; "files": string; "copy": string; "save": string; "demo": string; "no_snippets": string; "needs_files": string; "stream_cut": string; "stream_full": string; "stream_none": string; "not_kept": string; "save_turn": string };
    "list": { "title": string; "new": string; "search": string; "none": string; "nothing_found": string; "more": string; "menu": string; "connect": string; "shortcuts": string; "close": string; "dismiss": string; "rename": string; "name_it": string; "naming": string; "named": string; "not_named": string; "not_named_todo": string; "pin": string; "unpin": string; "delete": string; "deleted_one": string; "deleted": string; "undo": string; "running": string; "news": Record<string, string>; "tabs": Record<string, string>; "groups": Record<string, string>; "open_tab": string; "copy_link": string; "link_copied": string; "link_not_copied": string; "export": string; "export_all": string; "kinds": Record<string, string>; "exporting": string; "exported": string; "nothing_to_export": string; "import": string; "importing": string; "imported_one": string; "imported": string; "imported_prompts": string; "imported_none": string; "known": string; "in_memory": string; "left": string; "left_why": Record<string, string>; "not_importable": Record<string, string>; "import_todo": string; "clear": string; "clear_title": string; "clear_text_one": string; "clear_text": string; "clear_prompts": string; "clear_yes": string; "clear_export": string; "cleared": string; "cancel": string; "replayed": string; "replay_title": string; "save_turn": string; "turn_gone": string; "untitled": string; "all_title": string; "system": string; "file": string; "tool": string; "result_picture": string; "thinking": string };
    "tools": { "title": string; "none_offered": string; "offered": string; "looking": string; "unreachable": string; "built_in": string; "provider": string; "asks": string; "tokens": string; "cost": string; "none_chosen": string; "call": string; "arguments": string; "result": string; "waits": string; "once": string; "always": string; "no": string; "reason": string; "sources": string; "own": Record<string, string>; "states": Record<string, string>; "why": Record<string, string>; "python": Record<string, string> };
    "reading": Record<string, string>;
    "composer": { "prompts": string; "system_prompts": string; "more": string; "found": string; "save_text": string; "save_system": string; "new_prompt": string; "new_detail": string; "manage": string; "none": string; "not_lasting": string; "name": string; "kind": string; "kinds": Record<string, string>; "text": string; "hint": string; "no_text": string; "new_title": string; "edit_title": string; "save": string; "cancel": string; "close": string; "delete": string; "deleted": string; "undo": string; "saved": string; "system_used": string; "fill_more": string; "fill_last": string; "dictate": string; "dictate_stop": string; "dictate_finish": string; "dictating": string; "dictating_own": string; "dictate_writing": string; "dictate_nothing": string; "dictate_denied": string; "dictate_none": string; "dictate_away": string; "dictate_failed": string; "mention": string; "mention_none": string; "files": string; "answers": string; "file": string; "answer": string; "other_answer": string; "other_version": string; "model": string; "choose_model": string; "filter_models": string; "models_hint": string; "favourites": string; "favourite": string; "marked": string; "unmarked": string; "picked": string; "other_models": string; "as_typed": string; "needs_key": string; "takes": Record<string, string>; "thinks": string; "tools": string; "price": string; "free": string; "thinking_on": string; "thinking_off": string; "thinking_effort": string; "thinking_choose": string; "thinking_menu": string; "ask_too": string; "ask_too_key": string; "ask_too_later": string; "ask_too_empty": string; "next": string; "done": string };
    "demo_openings": Array<string>;
  }

  interface MultimodalWords {
    "welcome": string;
    "welcome_more": string;
    "drop": string;
    "tap": string;
    "paste": string;
    "camera": string;
    "camera_take": string;
    "camera_failed": string;
    "address": string;
    "address_label": string;
    "address_add": string;
    "address_wrong": string;
    "conversations": string;
    "describe": string;
    "next_hint": string;
    "in_conversation": string;
    "prepare": string;
    "upload": string;
    "upload_stopped": string;
    "of": string;
    "stop": string;
    "stopped": string;
    "again": string;
    "remove": string;
    "tokens": string;
    "visual_tokens": string;
    "window": string;
    "window_unknown": string;
    "send_as": string;
    "ways": Record<string, string>;
    "sent": Record<string, string>;
    "otherwise": Record<string, string>;
    "instead": Record<string, string>;
    "use": string;
    "transcribe": string;
    "of_pages": Array<string>;
    "pages": string;
    "pages_hint": string;
    "pick_pages": string;
    "per_second": string;
    "at_most": string;
    "pictures_of": string;
    "password": string;
    "open": string;
    "consent": string;
    "fetched_there": string;
    "no_answer": string;
    "no_thinking": string;
    "thinking": string;
    "answer": string;
    "earlier": string;
    "latest": string;
    "boxes": string;
    "box": string;
    "show_boxes": string;
    "export": string;
    "ask_region": string;
    "crop": string;
    "region": string;
    "region_select": string;
    "region_take": string;
    "region_drag": string;
    "region_keys": string;
    "region_at": string;
    "small_only": string;
    "enlarge": string;
    "blocked": string;
    "blocked_whole": string;
    "blocked_consent": string;
    "blocked_model": string;
    "failed": string;
    "picture": string;
    "region_question": string;
  }
}
