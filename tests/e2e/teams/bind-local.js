/** Preloaded: whatever this process serves, it serves to this machine only.
 *
 *   node --require ./bind-local.js SCRIPT
 *
 * Only `listen(port, callback)` is let through: another form fails, rather than open a door.
 */

const { Server } = require("node:net");
const { listen } = Server.prototype;

Server.prototype.listen = function (port, ...callback) {
  return listen.call(this, { port, host: "127.0.0.1" }, ...callback);
};
