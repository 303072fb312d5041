// Every scenario for Node, one file after another. INTEROP_CLIENT says which client plays them.

import './connect.mjs';
import './events.mjs';
import './rooms.mjs';
import './limits.mjs';
import './upgrade.mjs';
import './restart.mjs';
import './modern.mjs';
import './heartbeats.mjs';
