<?php

namespace WHMCS\Language;

class AdminLanguage extends ClientLanguage
{
}
