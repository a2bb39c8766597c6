<?php

return ['socket' => '/nonexistent/wharf.sock', 'url' => '', 'token' => 'installed'];
