// What the browser asks about a form and what the agent settled about it. Pure.

/** The `form` frame of a form that is being filled, or null: see agent_desk/intake_views.py. */
export function formFrame(draft) {
  if (!draft?.call || draft.state !== 'open') return null;
  const { type, category, address, summary, phone } = draft.fields;
  const text = (value, longest) => value.trim().slice(0, longest);
  return {
    type: 'form', call: draft.call, kind: type, category: text(category, 100), address: text(address, 300),
    summary: text(summary, 2000), phone: text(phone, 40),
  };
}

/** The line over the buttons: what there is besides the form; '' for nothing. */
export function knownLine(tickets) {
  if (tickets.length === 0) return '';
  const [first] = tickets;
  const whose = first.own ? '来电人反映过' : '他人反映过';
  const more = tickets.length > 1 ? `，另有 ${tickets.length - 1} 件` : '';
  return `${whose}：${first.status}，${first.summary}${more}`;
}

/** The line of the directory's first matter. */
export const itemLine = (item) =>
  `目录：${item.item}，${item.unit_name}${item.sub_office ? `（${item.sub_office}）` : ''}`;

/** Where its limit comes from: the city's own rule, or the directory with its legal basis. */
export const limitLine = (item) =>
  item.note || `${item.limit ? `${item.limit}，` : '目录未定期限，'}依据${item.basis}〔${item.title}〕`;

const SETTLED = {
  again: ({ to }) => `保存后记为重复来电：告知${to}的情况，不另开一件`,
  join: ({ to }) => `保存后并入${to}，办结后这位来电人同样回访`,
  news: ({ to }) => `保存后另立一件，与${to}相连`,
  answer: () => '保存后即为已直接答复，不再派单',
  refuse: ({ article }) => `保存后记为不予受理〔${article}〕，理由写入工单`,
};

/** What will become of the form, in one sentence; '' for an ordinary ticket. */
export function settledLine(intake) {
  if (!intake) return '';
  const parts = [SETTLED[intake.how]?.(intake) ?? ''];
  if (intake.order) parts.push(`建议先报批〔${intake.orderArticle}〕`);
  if (intake.region) parts.push(`建议异地转办：${intake.region}`);
  return parts.filter(Boolean).join('；');
}

/** The `intake` of POST /api/tickets; null for an ordinary ticket whose caller chose no channel and
 * was told nothing. */
export function intakeBody(intake, channel = '', reply = '') {
  const settled = settledLine(intake) ? intake : {};
  const { how = '', code = '', words = '', to = '', order = '', region = '' } = settled;
  const told = reply.trim();
  return settled.how === undefined && !channel && !told ? null : { how, code, words, to, order, region, channel, reply: told };
}
