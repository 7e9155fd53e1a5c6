// The one door to JsSIP: what the desk's telephone needs of it, under one name each.
export { default as UA } from 'jssip/lib/UA.js';
export { default as WebSocketInterface } from 'jssip/lib/WebSocketInterface.js';
