const { whole, keep } = require('./load.js').load('player');
whole.player().play(keep);
