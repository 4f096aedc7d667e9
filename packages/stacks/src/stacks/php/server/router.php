<?php

// For PHP's own server: files as they are, scripts by their names, and what is neither is the application's.

$path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'] ?? '/', PHP_URL_PATH));
$root = (string) $_SERVER['DOCUMENT_ROOT'];

// What Apache does not serve either.
if (preg_match('~/\.(?!well-known)|^/vendor/.*\.php$|^/(composer\.(json|lock)|berth\.yaml|Procfile)$~', $path)) {
    http_response_code(403);
    exit("Forbidden\n");
}

if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
    $_SERVER['HTTPS'] = 'on';
}

$file = $root . $path;
if ($path !== '/' && (is_file($file) || is_file(rtrim($file, '/') . '/index.php') || is_file(rtrim($file, '/') . '/index.html'))) {
    return false;
}

if (!is_file($root . '/index.php')) {
    return false;
}

$_SERVER['SCRIPT_NAME'] = '/index.php';
$_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $root . '/index.php';
chdir($root);
require $root . '/index.php';
