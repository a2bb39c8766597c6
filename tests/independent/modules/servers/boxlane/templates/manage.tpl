<h3>Manage {$box|escape}</h3>
<a href="{$WEB_ROOT}/clientarea.php?action=productdetails&amp;id={$serviceid}">Back</a>
