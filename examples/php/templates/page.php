<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signals</title>
<link rel="stylesheet" href="/style.css">
<h1>Signals</h1>
<ol><?php foreach ($flags as $flag) { ?><li><?= htmlspecialchars($flag) ?></li><?php } ?></ol>
</html>
