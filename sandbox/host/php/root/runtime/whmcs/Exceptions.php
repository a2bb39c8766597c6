<?php

// WHMCS's exceptions carry no behaviour; they share this file.

namespace WHMCS\Exception {

    class BaseException extends \WHMCS\Exception
    {
    }

    class Information extends BaseException
    {
    }

    class Fatal extends BaseException
    {
    }

    class ProgramExit extends BaseException
    {
    }

    class HttpCodeException extends BaseException
    {
    }
}

namespace WHMCS\Exception\Module {

    class ModuleException extends \WHMCS\Exception\BaseException
    {
    }

    class InvalidConfiguration extends ModuleException
    {
    }

    class NotActivated extends ModuleException
    {
    }

    class NotImplemented extends ModuleException
    {
    }

    class NotServicable extends ModuleException
    {
    }

    class MalformedResponseException extends ModuleException
    {
    }
}

namespace WHMCS\Exception\Api {

    class ApiException extends \WHMCS\Exception\BaseException
    {
    }

    class AuthException extends ApiException
    {
    }

    class InvalidAction extends ApiException
    {
    }
}

namespace WHMCS\Exception\Validation {

    class InvalidValue extends \WHMCS\Exception\BaseException
    {
    }

    class Required extends \WHMCS\Exception\BaseException
    {
    }
}

namespace WHMCS\Exception\Notification {

    class AbortNotification extends \WHMCS\Exception\BaseException
    {
    }
}

namespace WHMCS\Exception\Authentication {

    class LoginRequired extends \WHMCS\Exception\BaseException
    {
    }
}
