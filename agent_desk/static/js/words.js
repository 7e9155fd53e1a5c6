// The Chinese words for what the wire says in English. One place, so that pages agree.

export const SERVICES = { 110: '报警', 119: '火警', 120: '急救', 122: '交通事故' };

export const STATES = {
  offline: '未登记', ready: '就绪', ringing: '来电', talking: '通话',
  held: '保持', 'wrap-up': '整理', paused: '小休',
};

/** Shape and colour of a state's dot: see .st in jiesu.css. */
export const STATE_MARK = {
  offline: '', ready: 'wait', ringing: 'wait', talking: 'on', held: 'on', 'wrap-up': 'wait', paused: '',
};

export const PAUSE_REASONS = ['用餐', '休息', '培训', '会议', '整理资料'];

export const OUTCOMES = {
  answered: '接通', abandoned: '排队中挂断', 'timed-out': '等待超时', 'turned-away': '未能排队',
  'greeting-hang-up': '开场语中挂断', emergency: '紧急移交', 'return-call': '回拨',
};

export const WITHDRAWN = {
  'no-answer': '未接听，已转下一席', 'answered-elsewhere': '已由别的坐席接听', 'call-gone': '来电人已挂断',
  'not-reached': '没有接通，任务留在清单里',
};

const QUEUES = { hotline: '综合', 'hotline-emergency': '紧急' };

/** Whether we dialled: such a call came by no queue. */
export const isOurs = (queue) => queue === '回拨' || queue === '回访';

/** The queue's name with the word 队列, whether the wire gave its code or its title. */
export const queueName = (queue) => (isOurs(queue) ? queue : `${QUEUES[queue] ?? queue}队列`);

export const isUrgent = (queue) => queue === 'hotline-emergency' || queue === QUEUES['hotline-emergency'];

const STATUS = {
  BUSY: '忙', CONGESTION: '不通', CHANUNAVAIL: '不可达', NOANSWER: '无应答', CANCEL: '已取消',
};

const PHASES = {
  menu: () => '正在选择 110、119、120、122',
  chosen: (s) => `已选 ${s.service ?? ''}`,
  confirming: (s) => `正在向来电人确认转 ${s.service ?? ''}`,
  trying: (s) => `呼叫第 ${s.trunk} 线`,
  ringing: (s) => `第 ${s.trunk} 线振铃`,
  failed: (s) => `第 ${s.trunk} 线${STATUS[s.status] ?? '不通'}`,
  answered: (s) => `第 ${s.trunk} 线接听`,
  queued: () => '已排到紧急队列最前',
  cancelled: () => '来电人取消',
  told: (s) => `已告知拨打 ${s.service ?? ''}`,
};

/** One rung of the ladder in words. */
export const rung = (step) => (PHASES[step.phase] ?? (() => step.phase))(step);

const HEADLINES = {
  menu: () => '来电人按了 9，正在选择',
  chosen: (n) => `移交 ${n}`,
  confirming: (n) => `确认移交 ${n}`,
  trying: (n) => `移交 ${n} 呼叫中`,
  ringing: (n) => `移交 ${n} 振铃中`,
  failed: (n) => `移交 ${n} 改走下一步`,
  answered: (n) => `${n} 已接听`,
  queued: (n) => (n ? `${n} 两线未通，人工接` : '紧急来电，人工接'),
  cancelled: () => '来电人取消移交',
  told: (n) => `已告知拨打 ${n}`,
};

/** What the alarm row says first: service and where it stands. */
export const headline = (e) => (HEADLINES[e.phase] ?? (() => '紧急'))(e.service ?? '');
