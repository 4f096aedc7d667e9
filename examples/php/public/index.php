<?php

declare(strict_types=1);

use Signals\Alphabet;

require __DIR__ . '/../vendor/autoload.php';

$path = parse_url($_SERVER['REQUEST_URI'] ?? '/', PHP_URL_PATH);

if ($path === '/spell') {
    $flags = Alphabet::spell((string) ($_GET['word'] ?? ''));
    header('Content-Type: application/json');
    echo json_encode($flags, JSON_THROW_ON_ERROR);
    return;
}

if ($path !== '/') {
    http_response_code(404);
    echo 'There is no such page.';
    return;
}

$flags = Alphabet::spell('berth');
require __DIR__ . '/../templates/page.php';
